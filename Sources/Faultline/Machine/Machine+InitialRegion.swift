import OrderedCollections

extension Machine {
    /// Maps a region of a new process's address space. `files` are those that its regions map, by name.
    ///
    /// - Throws: EINVAL for a region that cannot be, ENOMEM.
    func add(
        _ region: InitialAddressSpace.Region, to task: Process,
        _ files: inout OrderedDictionary<String, Handle<OpenFile>>
    ) throws(Errno) {
        guard region.start.isPageAligned, region.end.isPageAligned, region.start < region.end,
            region.end <= AddressSpaceLimit.taskSize,
            findVMA(task.mm, region.start, region.end) == nil
        else { throw .EINVAL }
        var vma = VMArea(
            start: region.start, end: region.end, flags: region.defaultFlags, pgoff: region.start >> 12, mm: task.mm,
            file: nil, kind: .anonymous)
        switch region.content {
        case .anonymous, .stack: break
        case .special(let name):
            vma.kind = .special
            vma.pgoff = UInt64(names.number(of: name))
        case .image(_, let offset), .file(_, let offset), .memory(_, let offset), .device(_, let offset):
            let length = region.end - region.start
            guard offset.isPageAligned, offset <= UInt64(Int64.max) - length else { throw .EINVAL }
            vma.kind = .file
            vma.file = try initialFile(region, upTo: offset + length, &files)
            vma.pgoff = offset >> 12
        }
        // What a program of the host has of its pool is no part of this machine's.
        if let flags = region.flags { vma.flags = flags.subtracting(.hugeTLB) }
        if vma.flags.has(.account) { try chargeMemory(vma.pageCount, of: task.mm) }
        account(task.mm, vma.flags, Int64(vma.pageCount))
        if vma.flags.has(.locked) { task.mm.pointee.lockedVM &+= vma.pageCount }
        if let file = vma.file { getFile(file) }
        let handle = makeVMA(vma)
        insertVMA(handle)
        for pages in region.pages { try install(pages, in: handle) }
    }

    // MARK: Files

    /// The file that a region maps, open; made at the first region, and large enough for this one.
    private func initialFile(
        _ region: InitialAddressSpace.Region, upTo size: UInt64,
        _ files: inout OrderedDictionary<String, Handle<OpenFile>>
    ) throws(Errno) -> Handle<OpenFile> {
        let key = region.fileName + "\0" + region.file
        let file: Handle<OpenFile>
        if let known = files[key] {
            file = known
        } else {
            file = try makeInitialFile(region)
            files[key] = file
        }
        let mapping = file.pointee.mapping
        if case .image = region.content {
            try addImagePages(mapping, upTo: size >> 12)
        } else if size > mapping.pointee.size {
            if mapping.pointee.kind == .shmem, !mapping.pointee.chargesByPage {
                try chargeMemory((size + 4095) >> 12 - mapping.pointee.endIndex)
            }
            mapping.pointee.size = size
        }
        return file
    }

    private func makeInitialFile(_ region: InitialAddressSpace.Region) throws(Errno) -> Handle<OpenFile> {
        let name = region.fileName
        let mapping: Handle<FileMapping>
        switch region.content {
        case .file: mapping = makeDiskMapping(name: name, size: 0)
        case .memory:
            mapping = try makeShmem(name: names.number(of: name), size: 0, reserves: region.isChargedAtOnce)
        default: mapping = makeMapping(.image, name: names.number(of: name), size: 0)
        }
        mapping.pointee.lacksContents = true
        // What is known of programs: root's, for everyone to read and execute. The agent's is a memory file.
        mapping.pointee.owner = 0
        mapping.pointee.mode = mapping.pointee.kind == .shmem || name == "/agent" ? 0o777 : 0o755
        return makeOpenFile(mapping, canWrite: region.isShared)
    }

    private func addImagePages(_ mapping: Handle<FileMapping>, upTo count: UInt64) throws(Errno) {
        for index in mapping.pointee.pageCount..<max(count, mapping.pointee.pageCount) {
            guard let pfn = allocatePage(.sharedMemory) else { throw .ENOMEM }
            let record = page(pfn)
            record.pointee.mapping = mapping.bits
            record.pointee.index = index
            record.pointee.set([.uptodate, .swapBacked, .lru])
            addToList(pfn, record)
            mapping.pointee.pages.store(index, CacheEntry(page: pfn).rawValue)
            mapping.pointee.pageCount += 1
        }
        mapping.pointee.size = max(mapping.pointee.size, count << 12)
    }
}

extension InitialAddressSpace.Region {
    fileprivate var fileName: String {
        switch content {
        case .image(let name, _), .file(let name, _), .memory(let name, _), .device(let name, _): name
        case .anonymous, .special, .stack: ""
        }
    }

    /// Shared anonymous memory and System V segments are charged by size as they are made, files of tmpfs by page.
    fileprivate var isChargedAtOnce: Bool {
        let isMade = ["/dev/zero", "/SYSV", "[anon_shmem:"].contains { fileName.hasPrefix($0) }
        return isMade && flags?.has(.noReserve) != true
    }

    /// What the kernel gives to a mapping of the kind with these permissions.
    fileprivate var defaultFlags: VMFlags {
        var flags: VMFlags = [.mayRead, .mayWrite, .mayExec]
        if isReadable { flags.formUnion(.read) }
        if isWritable { flags.formUnion(isShared ? .write : [.write, .account]) }
        if isShared { flags.formUnion([.shared, .mayShare]) }
        if isExecutable { flags.formUnion(.exec) }
        switch content {
        case .stack: flags.formUnion(.growsDown)
        case .device: flags.formUnion(.dontExpand)
        case .special where isExecutable: flags.formUnion(.dontExpand)
        case .special:
            // The vdso's data are frames without a struct page, its code is not.
            flags.subtract([.mayWrite, .mayExec])
            flags.formUnion([.dontExpand, .dontDump, .io, .pfnMap])
        case .anonymous, .image, .file, .memory: break
        }
        return flags
    }
}
