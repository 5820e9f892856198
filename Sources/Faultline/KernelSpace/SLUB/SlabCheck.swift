/// What `slab_debug` compares, and what it says where bytes are wrong (`check_object` of `mm/slub.c`).
extension Machine {
    /// `check_object`: red zones, poison, padding and the free pointer. What is wrong is reported and mended.
    func checkObject(
        _ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress, _ value: UInt8
    ) -> Bool {
        let geometry = cache.pointee.geometry
        var check = SlabCheck(cache: cache, slab: slab, object: object)
        let (size, inUse) = (UInt64(cache.pointee.objectSize), UInt64(geometry.inUse))
        if geometry.flags.contains(.redZone) {
            let left = UInt64(geometry.leftRedZone)
            checkBytes(&check, "Left Redzone", object &- left, value, left)
            checkBytes(&check, "Right Redzone", object &+ size, value, inUse - size)
            if geometry.keepsAskedSize, value == SlabDebug.redActive {
                let asked = askedSize(cache, object)
                checkBytes(&check, "kmalloc Redzone", object &+ asked, value, size - asked)
            }
        } else if geometry.flags.contains(.poison), size < inUse {
            checkBytes(&check, "Alignment padding", object &+ size, SlabDebug.poisonInUse, inUse - size)
        }
        if geometry.flags.contains(.poison) {
            if value != SlabDebug.redActive, geometry.flags.contains(.objectPoison) {
                checkBytes(&check, "Poison", object, SlabDebug.poisonFree, size - 1)
                checkBytes(&check, "End Poison", object &+ size &- 1, SlabDebug.poisonEnd, 1)
            }
            checkPadding(&check)
        }
        if geometry.keepsPointerOutside || value != SlabDebug.redActive, !isValid(cache, slab, next(cache, object)) {
            objectError(cache, slab, object, "Freepointer corrupt")
            setNext(cache, object, 0)
            check.isGood = false
        }
        return check.isGood
    }

    /// `check_pad_bytes`.
    private func checkPadding(_ check: inout SlabCheck) {
        let from = UInt64(metadataEnd(check.cache))
        let to = UInt64(check.cache.pointee.geometry.sizeFromObject)
        check.alwaysPrints = true
        if from < to {
            checkBytes(&check, "Object padding", check.object &+ from, SlabDebug.poisonInUse, to - from)
        }
    }

    /// Where the padding behind an object begins.
    func metadataEnd(_ cache: Handle<SlabCache>) -> UInt32 {
        let geometry = cache.pointee.geometry
        var end = geometry.infoEnd
        if geometry.flags.contains(.storeUser) {
            end += 2 * SlabGeometry.trackBytes + (geometry.flags.contains(.kmalloc) ? 8 : 0)
        }
        return end
    }

    /// `check_bytes_and_report`: the first report of a check prints the object.
    private func checkBytes(
        _ check: inout SlabCheck, _ what: String, _ from: VirtualAddress, _ value: UInt8, _ count: UInt64
    ) {
        let place = physicalAddress(from)
        let wrong = (0..<count).filter { frames.byte(place + $0) != value }
        guard let first = wrong.first, let last = wrong.last else { return }
        let (start, end) = (from &+ first, from &+ last)
        printk(
            "[\(what) overwritten] \(pointerText(start))-\(pointerText(end)) @offset=\(start &- self.start(check.slab)). "
                + "First byte \(kernelHex(UInt64(frames.byte(place + first)))) instead of \(kernelHex(UInt64(value)))")
        if check.isGood || check.alwaysPrints { objectError(check.cache, check.slab, check.object, "Object corrupt") }
        slabFix(
            check.cache, "Restoring \(what) \(pointerText(start))-\(pointerText(end))=\(kernelHex(UInt64(value)))")
        frames.setBytes(physicalAddress(start), count: Int(last - first + 1), to: value)
        check.isGood = false
    }

    // MARK: Reports

    /// `slab_fix`.
    func slabFix(_ cache: Handle<SlabCache>, _ what: String) {
        printk("FIX \(kernel.names[cache.pointee.number]): \(what)")
    }

    /// `slab_bug`: the heading of a report.
    private func slabBug(_ cache: Handle<SlabCache>, _ reason: String) {
        printk(String(repeating: "=", count: 77))
        printk("BUG \(kernel.names[cache.pointee.number]) (\(kernel.taint)): \(reason)")
        printk(String(repeating: "-", count: 77))
        printk("")
    }

    /// `slab_err`.
    func slabError(_ cache: Handle<SlabCache>, _ slab: Slab, _ reason: String) {
        slabBug(cache, reason)
        endSlabError(slab)
    }

    /// `__slab_err`.
    private func endSlabError(_ slab: Slab) {
        printSlab(slab)
        kernel.taints.insert(.badPage)
        reportWarning(.slabError)
    }

    /// `object_err`.
    func objectError(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress, _ reason: String) {
        slabBug(cache, reason)
        if isValid(cache, slab, object) {
            printTrailer(cache, slab, object)
        } else {
            printSlab(slab)
            printk("Invalid pointer \(pointerText(object))")
        }
        kernel.taints.insert(.badPage)
        reportWarning(.objectError)
    }

    /// `list_slab_objects`, of each partial slab: objects that are left in a cache that is to go. Slabs without a free object are on no list.
    func listRemaining(_ cache: Handle<SlabCache>) {
        for slab in slabs(from: cache.pointee.partialFirst) {
            slabBug(cache, "Objects remaining on __kmem_cache_shutdown()")
            let free = Set(chain(cache, slab, from: slab.firstFree.map { start(slab) &+ $0 } ?? 0))
            let geometry = cache.pointee.geometry
            for index in 0..<UInt64(slab.objects) {
                let object = start(slab) &+ index * UInt64(geometry.size) &+ UInt64(geometry.leftRedZone)
                if free.contains(object) { continue }
                printk("Object \(pointerText(object)) @offset=\(object &- start(slab))")
                guard geometry.flags.contains(.storeUser) else { continue }
                printTrack("Allocated", track(cache, object, isFree: false))
                printTrack("Freed", track(cache, object, isFree: true))
            }
            endSlabError(slab)
        }
    }

    /// `print_slab_info`.
    private func printSlab(_ slab: Slab) {
        let free = slab.firstFree.map { start(slab) &+ $0 } ?? 0
        let record = kernel.layout.vmemmap &+ slab.pfn * 64
        printk(
            "Slab \(pointerText(record)) objects=\(slab.objects) used=\(slab.inUse) fp=\(pointerText(free)) "
                + "flags=\(pageFlagsText(slab))")
    }

    /// `%pGp`: flags of a slab's page as this kernel's configuration places them. 10 bits name the node, 3 the zone, 16 the last CPU.
    private func pageFlagsText(_ slab: Slab) -> String {
        let zone = UInt64(physical.nodes.zoneIndex(slab.pfn))
        let isLarge = Folio(of: slab.pfn, slab.record).isLarge
        let bits: UInt64 = (slab.isOnPartialList ? 1 << 9 : 0) | (isLarge ? 1 << 6 : 0)
        var words = slab.isOnPartialList ? ["workingset"] : []
        if isLarge { words.append("head") }
        words += ["node=0", "zone=\(zone)", "lastcpupid=0xffff"]
        return kernelHex(bits | 0xffff << 35 | zone << 51) + "(" + words.joined(separator: "|") + ")"
    }

    /// `print_trailer`.
    private func printTrailer(_ cache: Handle<SlabCache>, _ slab: Slab, _ object: VirtualAddress) {
        let geometry = cache.pointee.geometry
        let size = UInt64(cache.pointee.objectSize)
        if geometry.flags.contains(.storeUser) {
            printTrack("Allocated", track(cache, object, isFree: false))
            printTrack("Freed", track(cache, object, isFree: true))
        }
        printSlab(slab)
        let offset = object &- start(slab)
        printk("Object \(pointerText(object)) @offset=\(offset) fp=\(pointerText(next(cache, object)))")
        printk("")
        let left = UInt64(geometry.leftRedZone)
        if geometry.flags.contains(.redZone) {
            printSection("Redzone  ", object &- left, left)
        } else if offset > 16 {
            printSection("Bytes b4 ", object &- 16, 16)
        }
        printSection("Object   ", object, min(size, 4096))
        if geometry.flags.contains(.redZone) {
            printSection("Redzone  ", object &+ size, UInt64(geometry.inUse) - size)
        }
        let end = UInt64(metadataEnd(cache))
        if end < UInt64(geometry.sizeFromObject) {
            printSection("Padding  ", object &+ end, UInt64(geometry.sizeFromObject) - end)
        }
    }

    /// `print_track`. A line of a program stands in the place of a function of the kernel's.
    private func printTrack(_ what: String, _ track: SlabDebug.Track?) {
        guard let track else { return }
        let place = track.line == 0 ? "kernel" : "line:\(track.line)"
        let process = track.process < 0 ? 0 : 1000 + track.process
        printk("\(what) in \(place) age=\(jiffies - track.time) cpu=0 pid=\(process)")
        printk("object allocation/free stack trace missing")
    }

    /// `print_hex_dump` of 16 bytes a line.
    private func printSection(_ heading: String, _ from: VirtualAddress, _ count: UInt64) {
        for row in stride(from: 0, to: count, by: 16) {
            let bytes = (row..<min(row + 16, count)).map { frames.byte(physicalAddress(from) + $0) }
            let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            let text = bytes.map { 32..<127 ~= $0 ? Character(Unicode.Scalar($0)) : "." }
            let gap = String(repeating: " ", count: 49 - hexadecimal.count)
            printk(heading + pointerText(from &+ row).dropFirst(2) + ": " + hexadecimal + gap + String(text))
        }
    }

    /// `0x%p` of a kernel that does not hide addresses, as one with `slab_debug` does not.
    func pointerText(_ address: VirtualAddress) -> String {
        let digits = String(address, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// One look at an object.
private struct SlabCheck {
    let cache: Handle<SlabCache>
    let slab: Slab
    let object: VirtualAddress
    var isGood = true
    /// The object is printed even where an earlier check has printed it.
    var alwaysPrints = false
}
