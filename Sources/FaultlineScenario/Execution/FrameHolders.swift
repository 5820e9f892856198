import Faultline

/// Who else has a frame that a statement copied: the other half of why it was copied. The answer is that of the machine as it was before
/// the statement.
public enum FrameHolders {
    /// Copies that are explained one by one.
    private static let most = 8

    /// A line for each copy among a statement's events; `reverseMap` answers for a process's address before the statement.
    public static func lines(
        of events: [Event], processName: (Int) -> String,
        before reverseMap: (_ process: Int, _ address: VirtualAddress) throws -> ReverseMapSnapshot?
    ) rethrows -> [String] {
        let copies = events.filter { $0.kind == .cowCopied }
        var lines: [String] = []
        for copy in copies.prefix(most) {
            guard let found = try reverseMap(Int(copy.process), copy.address) else { continue }
            lines.append(line(Int(copy.process), copy.address, found, processName))
        }
        if copies.count > most { lines.append("and \(copies.count - most) more copies") }
        return lines
    }

    private static func line(
        _ process: Int, _ address: VirtualAddress, _ map: ReverseMapSnapshot, _ processName: (Int) -> String
    ) -> String {
        let others = map.steps.filter { $0.isMapped && !($0.process == process && $0.address == address) }
        let places = others.prefix(most).map { "\(processName($0.process)) at \(String($0.address, radix: 16))" }
        let rest = others.count > most ? " and \(others.count - most) others" : ""
        let had = "\(processName(process)) at \(String(address, radix: 16)) had frame 0x\(String(map.frame, radix: 16))"
        if !places.isEmpty { return "\(had), which is also mapped by \(places.joined(separator: ", "))\(rest)" }
        switch map.owner {
        case .file(let name, _): return "\(had), a page of \(name)"
        default: return "\(had); no other entry maps it, \(map.referenceCount) references hold it"
        }
    }
}
