/// A line of `/proc/PID/smaps` or `maps`, taken apart: the one place that knows how such a line is written
/// (`show_map_vma` and `__show_smap` in `fs/proc/task_mmu.c`). Whether the fields make sense is for its readers to say.
enum SmapsLine {
    /// Nothing, or spaces.
    case blank
    /// `START-END PERMISSIONS OFFSET DEVICE INODE NAME`.
    case mapping(Mapping)
    /// `NAME: VALUE kB`; the value is nil where it is no number.
    case figure(name: ArraySlice<UInt8>, value: UInt64?)
    /// `VmFlags: rd wr ...`: the words, one or more spaces between them.
    case flags(ArraySlice<UInt8>)
    /// Fewer fields than a mapping has.
    case short

    /// The fields of a mapping as they stand there.
    struct Mapping {
        let bounds: ArraySlice<UInt8>
        let permissions: ArraySlice<UInt8>
        let offset: ArraySlice<UInt8>
        let device: ArraySlice<UInt8>
        let inode: ArraySlice<UInt8>
        /// All that follows the spaces behind the inode; empty for none.
        let name: ArraySlice<UInt8>
    }

    private static let flagsName = Array("VmFlags".utf8)

    /// Takes a line apart in one pass over its bytes.
    init(_ line: ArraySlice<UInt8>) {
        var fields = ASCIIFields(line.last == .carriageReturn ? line.dropLast() : line)
        guard let first = fields.next() else {
            self = .blank
            return
        }
        if first.last == UInt8(ascii: ":") {
            let name = first.dropLast()
            if name.elementsEqual(Self.flagsName) {
                self = .flags(fields.remainder)
            } else {
                self = .figure(name: name, value: fields.next().flatMap { UInt64(ascii: $0, radix: 10) })
            }
            return
        }
        guard let permissions = fields.next(), let offset = fields.next(), let device = fields.next(),
            let inode = fields.next()
        else {
            self = .short
            return
        }
        self = .mapping(
            Mapping(
                bounds: first, permissions: permissions, offset: offset, device: device, inode: inode,
                name: fields.remainder))
    }
}
