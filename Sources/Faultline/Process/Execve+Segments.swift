extension ELFLoader {
    /// Maps a program's segments and notes where code, data and heap lie.
    ///
    /// - Returns: the load bias.
    func loadProgram(
        _ image: ELFImage, hasInterpreter: Bool, _ places: inout AddressRandomizer
    ) throws(ELFError) -> UInt64 {
        let file = try openImage(image)
        defer { machine.putFile(file) }
        var bias: UInt64 = 0
        for (number, segment) in image.segments.enumerated() {
            try segment.check(image.name)
            var flags: MapFlags = [.private, .fixed]
            var total: UInt64 = 0
            if number == 0 {
                flags = [.private, .fixedNoReplace]
                if image.kind == .positionIndependent {
                    total = try span(of: image)
                    bias = try chooseBias(image, file, hasInterpreter: hasInterpreter, &flags, &places)
                    bias = (bias &- segment.address).pageAlignedDown
                }
            }
            let wished = (bias &+ segment.address).pageAlignedDown
            let mapped = try loadSegment(image, file, segment, at: bias &+ segment.address, flags, total: total)
            if number == 0, image.kind == .positionIndependent { bias &+= mapped &- wished }
        }
        noteBounds(image, bias)
        return bias
    }

    /// Where the first segment of a position-independent program goes; 0 lets mmap choose.
    private func chooseBias(
        _ image: ELFImage, _ file: Handle<OpenFile>, hasInterpreter: Bool, _ flags: inout MapFlags,
        _ places: inout AddressRandomizer
    ) throws(ELFError) -> UInt64 {
        let alignment = image.alignment
        if hasInterpreter {
            let bias = AddressRandomizer.positionIndependentBase + places.mmapOffset()
            return alignment == 0 ? bias : bias & ~(alignment - 1)
        }
        // Without an interpreter it is one itself, and lies where mmap puts such.
        flags = .private
        guard alignment > PageSize.base, let first = image.segments.first else { return 0 }
        // A mapping that goes again at once finds the place, which is then rounded down.
        let length = image.span
        let found = try loadSegment(image, file, first, at: 0, flags, total: length)
        try mapping(image.name, "p_align", alignment) { () throws(Errno) in
            try machine.unmap(mm, found, length.pageAlignedUp)
        }
        flags = [.private, .fixedNoReplace]
        return found & ~(alignment - 1)
    }

    /// `load_elf_interp`: the interpreter of a program without a bias keeps the address that it was linked for, if it can.
    ///
    /// - Returns: the load bias.
    func loadInterpreter(_ image: ELFImage, programBias: UInt64) throws(ELFError) -> UInt64 {
        let file = try openImage(image)
        defer { machine.putFile(file) }
        var bias: UInt64 = 0
        for (number, segment) in image.segments.enumerated() {
            try segment.check(image.name)
            var flags: MapFlags = .private
            if image.kind == .executable || number > 0 {
                flags.formUnion(.fixed)
            } else if programBias != 0 {
                bias = 0 &- segment.address
            }
            let total = number == 0 ? try span(of: image) : 0
            let mapped = try loadSegment(image, file, segment, at: bias &+ segment.address, flags, total: total)
            if number == 0, image.kind == .positionIndependent { bias = mapped &- segment.address.pageAlignedDown }
        }
        return bias
    }

    private func span(of image: ELFImage) throws(ELFError) -> UInt64 {
        if image.span > 0 { return image.span }
        throw ELFError(
            file: image.name, field: "p_memsz of all segments together", value: 0, rule: "it must not be 0",
            errno: .EINVAL)
    }

    /// The first instruction must lie in user space.
    func checkEntry(_ image: ELFImage, _ bias: UInt64) throws(ELFError) {
        let entry = image.entry &+ bias
        if entry < AddressSpaceLimit.taskSize { return }
        throw ELFError(
            file: image.name, field: "e_entry with the load bias", value: entry, rule: "it must lie below TASK_SIZE",
            errno: .EINVAL)
    }

    /// `elf_load`: the file's part, zeros to the end of its last page, and zeroed pages up to `p_memsz`.
    ///
    /// - Parameter total: the length to look for, so that all segments have room; 0 where the place is fixed.
    /// - Returns: the first page.
    private func loadSegment(
        _ image: ELFImage, _ file: Handle<OpenFile>, _ segment: ELFImage.Segment, at address: VirtualAddress,
        _ flags: MapFlags, total: UInt64
    ) throws(ELFError) -> VirtualAddress {
        let within = segment.address & 4095
        var mapped = address.pageAlignedDown
        if segment.fileSize > 0 {
            mapped = try mapFile(image, file, segment, at: mapped, flags, total: total)
        } else if mapped >= AddressSpaceLimit.taskSize {
            // BAD_ADDR: a first segment without file bytes has no mmap that would choose a place for it.
            throw ELFError(
                file: image.name, field: "p_filesz of the first segment", value: 0,
                rule: "it must not be 0 where the load bias is not fixed", errno: .EINVAL)
        }
        guard segment.memorySize > segment.fileSize else { return mapped }
        let end = (mapped &+ within &+ segment.memorySize).pageAlignedUp
        var start = mapped
        if segment.fileSize > 0 {
            let zeros = mapped &+ within &+ segment.fileSize
            start = zeros.pageAlignedUp
            try padWithZeros(image, from: zeros, to: start, isWritable: segment.protection & 2 != 0)
        }
        if end > start {
            try mapping(image.name, "p_memsz", segment.memorySize) { () throws(Errno) in
                try mapZeros(start, end &- start, isExecutable: segment.protection & 4 != 0)
            }
        }
        return mapped
    }

    /// `elf_map`.
    private func mapFile(
        _ image: ELFImage, _ file: Handle<OpenFile>, _ segment: ELFImage.Segment, at address: VirtualAddress,
        _ flags: MapFlags, total: UInt64
    ) throws(ELFError) -> VirtualAddress {
        let within = segment.address & 4095
        let length = (segment.fileSize &+ within).pageAlignedUp
        let whole = max(total.pageAlignedUp, length)
        return try mapping(image.name, "p_vaddr", segment.address) { () throws(Errno) in
            let request = Machine.MmapRequest(
                address: address, length: whole, prot: segment.protection, flags: flags,
                pgoff: (segment.offset &- within) >> 12, file: file)
            let mapped = try machine.mmap(task, request)
            if whole > length { try machine.unmap(mm, mapped &+ length, whole &- length) }
            return mapped
        }
    }

    /// `padzero`: what lies behind the file's part of a page reads zero; only writable segments insist.
    private func padWithZeros(
        _ image: ELFImage, from start: VirtualAddress, to end: VirtualAddress, isWritable: Bool
    ) throws(ELFError) {
        let zeros = [UInt8](repeating: 0, count: Int(end &- start))
        do { try write(zeros, at: start, image.name, "the bss") } catch { if isWritable { throw error } }
    }

    /// `vm_brk_flags`.
    private func mapZeros(_ start: VirtualAddress, _ length: UInt64, isExecutable: Bool) throws(Errno) {
        if start > AddressSpaceLimit.taskSize || length > AddressSpaceLimit.taskSize - start {
            throw machine.refuse(.ENOMEM, .beyondUserSpace(start, length))
        }
        try machine.unmap(mm, start, length)
        let previous = mm.pointee.tree.previous(before: start)
        try machine.growHeap(task, start, length, after: previous, isExecutable: isExecutable)
    }

    private func noteBounds(_ image: ELFImage, _ bias: UInt64) {
        let code = image.segments.filter { $0.protection & 4 != 0 }
        mm.pointee.layout.startCode = bias &+ (code.map(\.address).min() ?? 0)
        mm.pointee.layout.endCode = bias &+ (code.map { $0.address + $0.fileSize }.max() ?? 0)
        mm.pointee.layout.startData = bias &+ (image.segments.map(\.address).max() ?? 0)
        mm.pointee.layout.endData = bias &+ (image.segments.map { $0.address + $0.fileSize }.max() ?? 0)
        let end = bias &+ (image.segments.map { $0.address + $0.memorySize }.max() ?? 0)
        mm.pointee.layout.startBrk = end.pageAlignedUp
        mm.pointee.layout.brk = end.pageAlignedUp
    }

    /// The file on a disk file system, all of it in the page cache.
    private func openImage(_ image: ELFImage) throws(ELFError) -> Handle<OpenFile> {
        try mapping(image.name, "the file's size", UInt64(image.bytes.count)) { () throws(Errno) in
            try machine.cachedDiskFile(name: image.name, bytes: image.bytes)
        }
    }
}
