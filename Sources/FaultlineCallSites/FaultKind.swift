import CShim
public import Faultline

/// What a fault came to.
public typealias FaultKind = PageFaultKind

extension PageFaultKind {
    /// As the C core counts it.
    var raw: fl_fault_kind { fl_fault_kind(rawValue: rawValue) }
}
