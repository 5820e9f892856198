import OrderedCollections

extension Machine {
    /// Starts a process with an address space (`execve`).
    ///
    /// - Returns: its index, to be given to all calls.
    /// - Throws: ENOMEM when the machine is too small; EINVAL when regions overlap, are not page-aligned, or reach out of
    ///   user space. The process is gone then.
    package func start(_ space: InitialAddressSpace = .scenarioAgent) throws(Errno) -> Int {
        let code = Self.code(of: space)
        let layout = MMStruct.Layout(
            mmapBase: space.mmapBase, bottomUpBase: space.isLegacyLayout ? space.mmapBase : space.bottomUpBase,
            isTopDown: !space.isLegacyLayout, isRandomized: space.isRandomized, startBrk: space.startBrk,
            brk: space.brk ?? space.startBrk, startCode: code.lowerBound, endCode: code.upperBound,
            startStack: space.startStack)
        let task = try makeProcess(layout)
        var images: OrderedDictionary<String, Handle<OpenFile>> = [:]
        do {
            defer { for file in images.values { putFile(file) } }
            for region in space.regions { try add(region, to: task, &images) }
        } catch {
            exit(task)
            throw error
        }
        for range in space.touched { try touch(task, range) }
        drainBatches()
        return task.index
    }

    /// Where the code of the program lies: the executable parts of its file, which is the first one in the space.
    private static func code(of space: InitialAddressSpace) -> Range<VirtualAddress> {
        func file(_ region: InitialAddressSpace.Region) -> String? {
            switch region.content {
            case .image(let name, _), .file(let name, _): name
            default: nil
            }
        }
        guard let program = space.regions.lazy.compactMap(file).first else { return 0..<0 }
        let parts = space.regions.filter { $0.isExecutable && file($0) == program }
        guard let first = parts.first, let last = parts.last else { return 0..<0 }
        return first.start..<max(last.end, first.start)
    }

    /// Accesses every page of a range that is mapped, written where that is allowed.
    ///
    /// - Throws: ENOMEM where no frame is left; the process is gone then.
    func touch(_ task: Process, _ range: Range<UInt64>) throws(Errno) {
        switchTo(task)
        var address = range.lowerBound.pageAlignedDown
        while address < range.upperBound, let vma = findVMA(task.mm, address) {
            address = max(address, vma.pointee.start)
            let end = min(range.upperBound, vma.pointee.end)
            while address < end {
                if case .signal = access(task, address, .write), task.isAlive { _ = access(task, address, .read) }
                if !task.isAlive { throw .ENOMEM }
                address += 4096
            }
        }
    }
}
