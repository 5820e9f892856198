import Faultline

/// A file with the firmware's map in the form of a kernel's log.
enum FirmwareMapFile {
    /// The map, of the last boot that the file tells of; a note says so where there are several.
    ///
    /// - Throws: `CommandFailure` for a file that cannot be read, or has no map.
    static func read(_ path: String) throws -> FirmwareMap {
        let text = try TextFile.read(path)
        let map: FirmwareMap
        do { map = try FirmwareMap(log: text) } catch { throw CommandFailure("\(path): \(error)") }
        if map.boots > 1 {
            StandardError.write("note: \(path) tells of \(map.boots) boots; the map is that of the last")
        }
        return map
    }
}
