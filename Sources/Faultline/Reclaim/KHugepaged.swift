/// khugepaged, which makes huge pages of single ones (`mm/khugepaged.c`).
extension Machine {
    /// Two whole rounds over the address spaces that it knows, in the order in which they came to it.
    package func scanForHugePages() {
        run(as: .hugePages) {
            drainAllBatches()
            for _ in 0..<2 where huge.settings.hasWholePages {
                huge.scanPlace = 0
                huge.scanAddress = 0
                var progress = 0
                while huge.scanPlace < huge.scanned.count { scanStep(.max, &progress) }
            }
            huge.scanPlace = 0
            huge.scanAddress = 0
        }
    }

    /// `khugepaged_do_scan`: one wake-up, which looks at `pages_to_scan` pages at most.
    func wakeHugePageScan() {
        huge.nextScan = clock.now &+ HugePages.scanInterval
        guard huge.settings.hasWholePages, !huge.scanned.isEmpty else { return }
        drainAllBatches()
        var progress = 0
        var rounds = 0
        while progress < huge.settings.pagesToScan, !huge.scanned.isEmpty {
            if huge.scanPlace >= huge.scanned.count {
                huge.scanPlace = 0
                huge.scanAddress = 0
                rounds += 1
                if rounds > 1 { return }
            }
            scanStep(huge.settings.pagesToScan, &progress)
        }
    }

    /// `khugepaged_scan_mm_slot`: a part of the address space whose turn it is.
    private func scanStep(_ most: Int, _ progress: inout Int) {
        let serial = huge.scanned[huge.scanPlace]
        progress += 1
        guard let mm = liveAddressSpaces.first(where: { $0.1.pointee.serial == serial })?.1,
            scan(mm, most, &progress)
        else {
            huge.scanPlace += 1
            huge.scanAddress = 0
            return
        }
    }

    /// - Returns: whether some of the address space is left.
    private func scan(_ mm: Handle<MMStruct>, _ most: Int, _ progress: inout Int) -> Bool {
        if mm.pointee.hugePagesDisabled == 1 { return false }
        var place = huge.scanAddress
        while let vma = findVMA(mm, place) {
            progress += 1
            let mask = PageSize.large - 1
            let first = (vma.pointee.start &+ mask) & ~mask
            let end = vma.pointee.end & ~mask
            place = vma.pointee.end
            guard mayHaveWholePages(vma, .scan), huge.scanAddress <= end else { continue }
            huge.scanAddress = max(huge.scanAddress, first)
            while huge.scanAddress < end {
                _ = collapse(vma, huge.scanAddress, isScan: true)
                huge.scanAddress += PageSize.large
                progress += 512
                if progress >= most { return true }
            }
        }
        return false
    }

    /// When khugepaged wakes by itself; nil while it has nothing to scan.
    var hugePageScanWake: UInt64? {
        huge.scanned.isEmpty || !huge.settings.hasWholePages ? nil : huge.nextScan
    }
}
