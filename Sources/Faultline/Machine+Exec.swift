extension Machine {
    /// Starts a process with an address space (`execve`).
    ///
    /// - Returns: its index, to be given to all calls.
    /// - Throws: ENOMEM when the machine is too small; EINVAL when regions overlap, are not page-aligned, or reach out of
    ///   user space. The process is gone then.
    public func start(_ space: InitialAddressSpace = .scenarioAgent) throws(Errno) -> Int {
        let code = Self.code(of: space)
        let layout = MMStruct.Layout(
            mmapBase: space.mmapBase, bottomUpBase: space.isLegacyLayout ? space.mmapBase : space.bottomUpBase,
            isTopDown: !space.isLegacyLayout, isRandomized: space.isRandomized, startBrk: space.startBrk,
            brk: space.brk ?? space.startBrk, startCode: code.lowerBound, endCode: code.upperBound,
            startStack: space.startStack)
        let task = try makeProcess(layout)
        var images: [String: Handle<OpenFile>] = [:]
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

    func makeProcess(
        _ layout: MMStruct.Layout, stackLimit: UInt64 = ResourceLimits().stack
    ) throws(Errno) -> Process {
        guard let mm = makeMM(layout: layout) else { throw .ENOMEM }
        var limits = ResourceLimits()
        limits.stack = stackLimit
        let task = Process(index: processes.count, parent: -1, mm: mm, limits: limits)
        // pkru_flush_thread
        if settings.cpu.protectionKeys { task.pkru = .initial }
        processes.append(task)
        return task
    }

    func add(
        _ region: InitialAddressSpace.Region, to task: Process, _ images: inout [String: Handle<OpenFile>]
    ) throws(Errno) {
        guard region.start.isPageAligned, region.end.isPageAligned, region.start < region.end,
            region.end <= AddressSpaceLimit.taskSize,
            findVMA(task.mm, region.start, region.end) == nil
        else { throw .EINVAL }
        var flags: VMFlags = [.mayRead, .mayWrite, .mayExec]
        if region.isReadable { flags.formUnion(.read) }
        if region.isWritable { flags.formUnion(region.isShared ? .write : [.write, .account]) }
        if region.isShared { flags.formUnion([.shared, .mayShare]) }
        if region.isExecutable { flags.formUnion(.exec) }
        var vma = VMArea(
            start: region.start, end: region.end, flags: flags, pgoff: region.start >> 12, mm: task.mm,
            anonVMA: nil, chainFirst: nil, chainLast: nil, file: nil, kind: .anonymous)
        switch region.content {
        case .anonymous: break
        case .stack: vma.flags.formUnion(.growsDown)
        case .special(let name):
            vma.kind = .special
            // The vdso's data are frames without a struct page, its code is not.
            if region.isExecutable {
                vma.flags.formUnion(.dontExpand)
            } else {
                vma.flags.subtract([.mayWrite, .mayExec])
                vma.flags.formUnion([.dontExpand, .dontDump, .io, .pfnMap])
            }
            vma.pgoff = UInt64(nameNumber(name))
        case .image(let name, let offset), .file(let name, let offset):
            let length = region.end - region.start
            guard offset.isPageAligned, offset <= UInt64(Int64.max) - length else { throw .EINVAL }
            let isImage = if case .image = region.content { true } else { false }
            let file = images[name] ?? makeImage(name, isCached: isImage, isWritable: region.isShared)
            images[name] = file
            vma.kind = .file
            vma.file = file
            vma.pgoff = offset >> 12
            if isImage {
                try addImagePages(file.pointee.mapping, upTo: (offset + length) >> 12)
            } else {
                file.pointee.mapping.pointee.size = max(file.pointee.mapping.pointee.size, offset + length)
            }
        }
        if vma.flags.has(.account) { try chargeMemory(vma.pageCount, of: task.mm) }
        account(task.mm, vma.flags, Int64(vma.pageCount))
        if let file = vma.file { getFile(file) }
        insertVMA(vmas.allocate(vma))
    }

    private func makeImage(_ name: String, isCached: Bool, isWritable: Bool) -> Handle<OpenFile> {
        let mapping =
            isCached
            ? makeMapping(.image, name: nameNumber(name), size: 0) : makeDiskMapping(name: name, size: 0)
        mapping.pointee.lacksContents = true
        return makeOpenFile(mapping, canWrite: isWritable)
    }

    private func addImagePages(_ mapping: Handle<FileMapping>, upTo count: UInt64) throws(Errno) {
        for index in mapping.pointee.pageCount..<max(count, mapping.pointee.pageCount) {
            guard let pfn = allocateZeroedPage() else { throw .ENOMEM }
            let record = page(pfn)
            record.pointee.mapping = mapping.bits
            record.pointee.index = index
            record.pointee.set(PageFlag.uptodate | PageFlag.swapBacked | PageFlag.lru)
            mapping.pointee.pages.store(index, pfn + 1)
            mapping.pointee.pageCount += 1
        }
        mapping.pointee.size = max(mapping.pointee.size, count << 12)
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

    /// The number of a name in the machine's table.
    func nameNumber(_ name: String) -> Int32 {
        if let found = nameNumbers[name] { return found }
        let number = Int32(names.count)
        names.append(name)
        nameNumbers[name] = number
        return number
    }
}
