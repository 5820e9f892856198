import OrderedCollections

extension Machine {
    /// Starts a process with an address space (`execve`).
    ///
    /// - Returns: its index, to be given to all calls.
    /// - Throws: ENOMEM when the machine is too small; EINVAL when regions overlap, are not page-aligned, or reach out of
    ///   user space. The process is gone then.
    package func start(_ space: InitialAddressSpace = .scenarioAgent) throws(Errno) -> Int {
        let (code, data) = (Self.code(of: space), Self.data(of: space))
        let layout = MMStruct.Layout(
            mmapBase: space.mmapBase, bottomUpBase: space.isLegacyLayout ? space.mmapBase : space.bottomUpBase,
            isTopDown: !space.isLegacyLayout, isRandomized: space.isRandomized, startBrk: space.startBrk,
            brk: space.brk ?? space.startBrk, startCode: code.lowerBound, endCode: code.upperBound,
            startData: data.lowerBound, endData: data.upperBound, startStack: space.startStack)
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
        for region in space.regions where region.content == .stack { writeProgramName(task, below: region.end) }
        drainBatches()
        return task.index
    }

    /// What lies at the top of a stack: the end of the program's name. The page is not one of zeros, which ksmd would merge.
    private func writeProgramName(_ task: Process, below top: VirtualAddress) {
        guard case .page(let pfn) = EntryState(lastLevel: readPTE(task.mm, top - PageSize.base).rawValue) else {
            return
        }
        frames.write(ArraySlice("gent".utf8), to: pfn, offset: 4096 - 13)
    }

    /// Where the data of the program lies, to the page: the last part of its file if that can be written to; else it has none, and what
    /// follows the file is bss.
    private static func data(of space: InitialAddressSpace) -> Range<VirtualAddress> {
        guard let program = space.regions.lazy.compactMap(\.programName).first,
            let last = space.regions.last(where: { $0.programName == program })
        else { return 0..<0 }
        return last.isWritable ? last.start..<last.end : last.end..<last.end
    }

    /// Where the code of the program lies: the executable parts of its file, which is the first one in the space.
    private static func code(of space: InitialAddressSpace) -> Range<VirtualAddress> {
        guard let program = space.regions.lazy.compactMap(\.programName).first else { return 0..<0 }
        let parts = space.regions.filter { $0.isExecutable && $0.programName == program }
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

extension InitialAddressSpace.Region {
    /// The name of the file that is mapped.
    fileprivate var programName: String? {
        switch content {
        case .image(let name, _), .file(let name, _): name
        default: nil
        }
    }
}
