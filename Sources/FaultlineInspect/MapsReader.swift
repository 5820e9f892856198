import Faultline

/// Prints a process's VMAs as `/proc/PID/maps` does (`show_map_vma` in `fs/proc/task_mmu.c`).
public struct MapsReader {
    /// Where a file lies: the device and the inode that maps shows of it.
    public struct FileIdentity: Sendable, Equatable {
        /// The device's numbers.
        public var major: UInt32
        /// The device's minor number.
        public var minor: UInt32
        /// The inode's number.
        public var inode: UInt64

        /// Memory without a file.
        public static let none = FileIdentity(major: 0, minor: 0, inode: 0)

        /// Names a file.
        public init(major: UInt32, minor: UInt32, inode: UInt64) {
            self.major = major
            self.minor = minor
            self.inode = inode
        }
    }

    private let identity: (String) -> FileIdentity
    /// The column at which names begin.
    private static let nameColumn = 73

    /// Makes a reader; the function says where the file with a name lies.
    public init(identity: @escaping (String) -> FileIdentity = { _ in .none }) { self.identity = identity }

    /// The whole file, the vsyscall gate with it.
    public func text(_ process: ProcessView) -> String {
        let gate = line(
            start: AddressSpaceLimit.vsyscall, end: AddressSpaceLimit.vsyscall + PageSize.base, permissions: "--xp",
            offset: 0, name: "[vsyscall]")
        return (process.vmas.map(line) + [gate]).map { $0 + "\n" }.joined()
    }

    /// The line of one VMA, without the end of the line.
    func line(_ vma: VMAView) -> String {
        line(
            start: vma.start, end: vma.end, permissions: vma.permissions, offset: vma.offset, name: vma.escapedName,
            file: vma.name.hasPrefix("/") ? identity(vma.name) : .none)
    }

    private func line(
        start: UInt64, end: UInt64, permissions: String, offset: UInt64, name: String, file: FileIdentity = .none
    ) -> String {
        let fields =
            "\(hex(start, 8))-\(hex(end, 8)) \(permissions) \(hex(offset, 8)) "
            + "\(hex(UInt64(file.major), 2)):\(hex(UInt64(file.minor), 2)) \(file.inode) "
        if name.isEmpty { return fields }
        return fields + String(repeating: " ", count: max(0, Self.nameColumn - fields.utf8.count)) + name
    }

    private func hex(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
