@testable import Faultline

/// Statements that change mappings, and advice.
extension PressureRun {
    static func bytes(_ range: Range<Int>) -> (address: UInt64, length: UInt64) {
        (start + UInt64(range.lowerBound) << 12, UInt64(range.count) << 12)
    }

    /// Makes a call that may fail for want of memory alone; a process that it leaves half done ends.
    ///
    /// - Returns: whether it was done.
    mutating func attempt(_ space: Int, _ call: () throws -> Void) throws -> Bool {
        let process = model.spaces[space].process
        do {
            try call()
            return machine.isAlive(process)
        } catch let errno as Errno where errno == .ENOMEM {
            if machine.isAlive(process), model.spaces.count > 1 { try machine.exit(process) }
            guard model.spaces.count == 1 else { return false }
            throw fail("the last process fails with ENOMEM")
        }
    }

    // MARK: mmap and munmap

    mutating func map(_ space: Int, _ page: Int) throws {
        let pages = range(from: page, most: 8)
        let (address, length) = Self.bytes(pages)
        let process = model.spaces[space].process
        switch random.below(8) {
        case 0:
            text = "process \(process): munmap of pages \(pages)"
            let machine = machine
            guard try attempt(space, { try machine.munmap(process, address, length) }) else { return }
            for page in pages { model.spaces[space].pages[page] = .none }
        case 1..<5:
            text = "process \(process): mmap of pages \(pages)"
            let machine = machine
            let flags: UInt64 = 0x4032
            guard
                try attempt(
                    space,
                    { _ = try machine.mmap(process, address, length, prot: 3, flags: flags, fd: -1, offset: 0) })
            else { return }
            for page in pages {
                model.spaces[space].pages[page] = .zeros
                model.spaces[space].isWritable[page] = true
            }
        default:
            let file = random.below(model.files.count)
            let first = random.below(Self.filePages)
            _ = try mapFile(
                space, pages, file: file, first: first, isShared: random.below(3) > 0, isWritable: random.below(4) > 0)
        }
    }

    mutating func mapFile(
        _ space: Int, _ pages: Range<Int>, file: Int, first: Int, isShared: Bool, isWritable: Bool
    ) throws -> Bool {
        let (address, length) = Self.bytes(pages)
        let process = model.spaces[space].process
        let descriptor = model.files[file].descriptor
        text = "process \(process): mmap of file \(file) from page \(first) on in pages \(pages)"
        let machine = machine
        let done = try attempt(space) {
            _ = try machine.mmap(
                process, address, length, prot: isWritable ? 3 : 1, flags: isShared ? 0x4011 : 0x4012, fd: descriptor,
                offset: UInt64(first) << 12)
        }
        guard done else { return false }
        for (offset, page) in pages.enumerated() {
            let index = first + offset
            model.spaces[space].pages[page] =
                isShared ? .shared(file: file, page: index) : .privateFile(file: file, page: index, own: nil)
            model.spaces[space].isWritable[page] = isWritable
        }
        return true
    }

    // MARK: madvise

    mutating func advise(_ space: Int, _ page: Int) throws {
        let pages = range(from: page, most: 8)
        let space = space
        let process = model.spaces[space].process
        let isWhole = pages.allSatisfy { model.spaces[space].pages[$0] != .none }
        let isCertain = pages.allSatisfy { model.spaces[space].pages[$0].isCertain }
        let advice: Int32
        switch random.below(12) {
        case 0..<4: advice = 21  // MADV_PAGEOUT
        case 4, 5: advice = 20  // MADV_COLD
        case 6: advice = 4  // MADV_DONTNEED
        case 7 where isCertain: advice = 8  // MADV_FREE
        case 8: advice = 3  // MADV_WILLNEED
        case 9: advice = random.below(2) == 0 ? 1 : 2  // MADV_RANDOM, MADV_SEQUENTIAL
        case 10: advice = random.below(2) == 0 ? 14 : 15  // MADV_HUGEPAGE, MADV_NOHUGEPAGE
        default: advice = 0
        }
        let (address, length) = Self.bytes(pages)
        text = "process \(process): madvise(\(advice)) of pages \(pages)"
        do { try machine.madvise(process, address, length, advice: advice) } catch {
            // What there is of the range was advised all the same.
            if error != .ENOMEM || isWhole, machine.isAlive(process) { throw fail("it fails with \(error)") }
        }
        if advice == 4 { model.drop(space, pages) }
        if advice == 8 { model.free(space, pages) }
    }

    // MARK: mprotect, mremap, mlock

    mutating func change(_ space: Int, _ page: Int) throws {
        let pages = range(from: page, most: 7)
        guard pages.allSatisfy({ model.spaces[space].pages[$0] != .none }) else { return }
        switch random.below(4) {
        case 0: try protect(space, pages, isWritable: false)
        case 1: try protect(space, pages, isWritable: true)
        case 2: try lock(space, pages)
        default: try move(space, pages)
        }
    }

    private mutating func protect(_ space: Int, _ pages: Range<Int>, isWritable: Bool) throws {
        let (address, length) = Self.bytes(pages)
        let process = model.spaces[space].process
        text = "process \(process): mprotect of pages \(pages), writable \(isWritable)"
        let machine = machine
        let done = try attempt(space) {
            try machine.mprotect(process, address, length, prot: isWritable ? 3 : 1)
        }
        guard done else { return }
        for page in pages { model.spaces[space].isWritable[page] = isWritable }
    }

    private mutating func lock(_ space: Int, _ pages: Range<Int>) throws {
        guard pages.allSatisfy({ model.spaces[space].pages[$0].isAnonymous }) else { return }
        let (address, length) = Self.bytes(pages)
        let process = model.spaces[space].process
        text = "process \(process): mlock and munlock of pages \(pages)"
        let machine = machine
        guard try attempt(space, { try machine.mlock(process, address, length) }) else { return }
        _ = try attempt(space) { try machine.munlock(process, address, length) }
    }

    private mutating func move(_ space: Int, _ pages: Range<Int>) throws {
        let target = random.below(Self.spacePages - pages.count)
        let targets = target..<target + pages.count
        if targets.overlaps(pages) { return }
        let process = model.spaces[space].process
        text = "process \(process): mremap of pages \(pages) to \(targets)"
        let (address, length) = Self.bytes(pages)
        let place = Self.bytes(targets).address
        let machine = machine
        // MREMAP_MAYMOVE and MREMAP_FIXED.
        guard try attempt(space, { _ = try machine.mremap(process, address, length, length, flags: 3, new: place) })
        else { return }
        for (old, new) in zip(pages, targets) {
            model.spaces[space].pages[new] = model.spaces[space].pages[old]
            model.spaces[space].isWritable[new] = model.spaces[space].isWritable[old]
            model.spaces[space].pages[old] = .none
        }
    }
}
