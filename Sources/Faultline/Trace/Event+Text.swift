extension Event {
    /// How a text names what no process and no thread of the kernel did.
    public static let kernel = "kernel"

    /// The name of the process, or of the kernel's thread, that it happened to.
    public func processText(_ processName: (Int) -> String) -> String {
        process < 0 ? kernelThread?.name ?? Self.kernel : processName(Int(process))
    }

    /// As a trace shows it, such as `init: cow_copied 0x100000001000 pfn=0x12 (the frame is shared ...)`: the process, the kind, the
    /// address that it concerns, the other fields by name, the reason.
    ///
    /// - Parameter count: how many such events a line stands for, each a page behind the one before.
    public func text(count: Int = 1, processName: (Int) -> String = { "process \($0)" }) -> String {
        let process = processText(processName) + ": "
        if kind == .refused, let refusal { return process + "refused " + refusal.text }
        var text = process + kind.rawValue
        var named = fields[...]
        if let first = named.first, first.unit == .address {
            text += " " + first.text(processName: processName)
            named.removeFirst()
        }
        if count > 1 { text += " x\(count)" }
        for field in named { text += " \(field.name)=" + field.text(processName: processName) }
        if reason != .none { text += " (\(reason.rawValue)\(refusal.map { ": " + $0.text } ?? ""))" }
        return text
    }
}
