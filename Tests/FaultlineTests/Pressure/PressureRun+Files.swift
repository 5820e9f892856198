@testable import Faultline

/// Statements about files, processes and the machine.
extension PressureRun {
    mutating func file(_ space: Int) throws {
        let file = random.below(model.files.count)
        switch random.below(12) {
        case 0..<6: try write(space, file)
        case 6: try truncate(space, file)
        case 7, 8: try punch(space, file)
        case 9: try synchronise(space, file)
        default: try read(space, file)
        }
    }

    private mutating func write(_ space: Int, _ file: Int) throws {
        if model.files[file].pages.isEmpty { return }
        let page = random.below(model.files[file].pages.count)
        let offset = random.below(4096)
        let length = 1 + random.below(4096 - offset)
        let byte = UInt8(truncatingIfNeeded: random.next())
        let process = model.spaces[space].process
        text = "process \(process): pwrite of \(length) bytes in page \(page) of file \(file), from \(offset) on"
        let position = UInt64(page) << 12 + UInt64(offset)
        let written: UInt64
        do {
            written = try machine.pwrite(
                process, model.files[file].descriptor, offset: position, length: UInt64(length), byte: byte)
        } catch {
            if error != .ENOMEM { throw fail("it fails with \(error)") }
            return
        }
        for (slot, place) in PlainMemory.offsets.enumerated()
        where place >= UInt64(offset) && place < UInt64(offset) + written {
            model.files[file].pages[page][slot] = byte
        }
    }

    private mutating func truncate(_ space: Int, _ file: Int) throws {
        let count = Self.filePages / 2 + random.below(Self.filePages / 2)
        let process = model.spaces[space].process
        text = "process \(process): ftruncate of file \(file) to \(count) pages"
        do { try machine.ftruncate(process, model.files[file].descriptor, UInt64(count) << 12) } catch {
            throw fail("it fails with \(error)")
        }
        model.truncate(file, to: count)
    }

    /// FALLOC_FL_PUNCH_HOLE and FALLOC_FL_KEEP_SIZE: private copies stay.
    private mutating func punch(_ space: Int, _ file: Int) throws {
        let first = random.below(model.files[file].pages.count)
        let pages = first..<min(model.files[file].pages.count, first + 1 + random.below(32))
        let process = model.spaces[space].process
        text = "process \(process): hole of pages \(pages) in file \(file)"
        do {
            try machine.fallocate(
                process, model.files[file].descriptor, mode: 3, UInt64(first) << 12, UInt64(pages.count) << 12)
        } catch { throw fail("it fails with \(error)") }
        for page in pages { model.files[file].pages[page] = PlainMemory.Bytes() }
    }

    private mutating func synchronise(_ space: Int, _ file: Int) throws {
        let process = model.spaces[space].process
        text = "process \(process): fsync of file \(file)"
        do { try machine.fsync(process, model.files[file].descriptor) } catch { throw fail("it fails with \(error)") }
        if model.files[file].isOnDisk, let pages = machine.dirtyPages(process, model.files[file].descriptor), pages > 0
        {
            throw fail("\(pages) pages are dirty all the same")
        }
    }

    private mutating func read(_ space: Int, _ file: Int) throws {
        let process = model.spaces[space].process
        let page = random.below(model.files[file].pages.count)
        let length = 1 + random.below(64 << 10)
        text = "process \(process): pread of \(length) bytes from page \(page) of file \(file) on"
        do {
            let read = try machine.pread(
                process, model.files[file].descriptor, offset: UInt64(page) << 12, length: UInt64(length))
            let rest = (model.files[file].pages.count - page) << 12
            if read > UInt64(min(rest, length)) { throw fail("it gives \(read) bytes") }
        } catch let errno as Errno {
            if errno != .ENOMEM { throw fail("it fails with \(errno)") }
        }
    }

    // MARK: Processes and the machine

    mutating func others(_ space: Int) throws {
        switch random.below(24) {
        case 0..<8: try fork(space)
        case 8..<14:
            guard model.spaces.count > 1 else { return }
            text = "process \(model.spaces[space].process): exit"
            try machine.exit(model.spaces[space].process)
        case 14..<18:
            text = "time passes"
            _ = machine.advance(centiseconds: UInt64(random.below(1000)))
        case 18, 19:
            text = "drop_caches"
            try machine.dropCaches(1)
        case 20:
            text = "compaction"
            try machine.compactMemory(model.spaces[space].process)
        default: try replaceSwap()
        }
    }

    private mutating func fork(_ space: Int) throws {
        guard model.spaces.count < 4 else { return }
        text = "process \(model.spaces[space].process): fork"
        let child: Int
        do { child = try machine.fork(model.spaces[space].process) } catch {
            if error != .ENOMEM { throw fail("it fails with \(error)") }
            return
        }
        model.spaces.append(
            .init(process: child, pages: model.spaces[space].pages, isWritable: model.spaces[space].isWritable))
    }

    /// swapoff, which may fail or have somebody killed, and an area of the other kind.
    private mutating func replaceSwap() throws {
        if random.below(8) > 0 { return }
        text = "swapoff"
        do {
            try machine.swapOff()
            text = "swapon"
            try machine.swapOn(bytes: 24 << 20, compressed: random.below(2) == 0)
        } catch {
            if error != .ENOMEM { throw fail("it fails with \(error)") }
        }
    }
}

extension Machine {
    /// How many pages of a file are dirty; nil for a bad descriptor.
    fileprivate func dirtyPages(_ process: Int, _ descriptor: Int32) -> Int? {
        guard let file = try? openFile(processes[process], descriptor) else { return nil }
        var count = 0
        var next: UInt64 = 0
        while let found = file.pointee.mapping.pointee.pages.next(from: next, through: .max) {
            next = found.lastIndex + 1
            if found.cached.isPage, page(found.cached.frame(at: found.index)).pointee.has(.dirty) { count += 1 }
        }
        return count
    }
}
