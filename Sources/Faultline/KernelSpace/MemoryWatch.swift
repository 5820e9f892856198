/// An access that a watch sees.
public struct WatchedAccess: Sendable, Equatable {
    /// Bytes.
    public let address: UInt64
    /// True for a write.
    public let isWrite: Bool
    /// The byte that was read or written; of a read nil before it is made.
    public let value: UInt8?
}

/// A watch on memory in an area of vmalloc, such as the registers of a device: `struct kmmio_probe` of
/// `arch/x86/mm/kmmio.c`. Its pages are not present, so that each access faults; the fault makes them present for one
/// instruction, after which the processor stops in single step.
public struct MemoryWatch {
    /// The first address.
    public let address: UInt64
    /// Bytes, 1 and more.
    public let length: UInt64
    /// `pre_handler`: before the access.
    public let before: ((WatchedAccess) -> Void)?
    /// `post_handler`: after it, in the debug exception.
    public let after: ((WatchedAccess) -> Void)?

    /// A watch that is not set yet.
    public init(
        address: UInt64, length: UInt64, before: ((WatchedAccess) -> Void)? = nil,
        after: ((WatchedAccess) -> Void)? = nil
    ) {
        (self.address, self.length, self.before, self.after) = (address, length, before, after)
    }

    fileprivate func covers(_ place: VirtualAddress) -> Bool { place >= address && place - address < length }
    fileprivate var pages: [VirtualAddress] {
        Array(stride(from: address.pageAlignedDown, to: address + length, by: 4096))
    }
}

/// What the kernel knows of watches (`kmmio_page_table`, `kmmio_ctx`).
struct WatchedPages {
    /// Entries of pages that faults shall come from, by the page, and how many watches want it (`struct kmmio_fault_page`).
    var entries: [VirtualAddress: (entry: UInt64, count: Int)] = [:]
    /// The page that is present for one instruction.
    var stepped: VirtualAddress?
}

extension Machine {
    /// Sets a watch (`register_kmmio_probe`). A checkpoint that is put back keeps it.
    ///
    /// - Returns: its number.
    /// - Throws: EINVAL where the pages are not those of an area of vmalloc, mapped one by one.
    public func watchKernelMemory(_ watch: MemoryWatch) throws(Errno) -> Int {
        guard kernel.isUp, watch.length > 0, watch.address &+ watch.length > watch.address,
            watch.pages.allSatisfy({ canWatch($0) })
        else {
            throw refuse(
                .EINVAL, .argument("addr", .address(watch.address), "must be one of an area of small pages of vmalloc"))
        }
        for page in watch.pages {
            kernel.watched.entries[page, default: (0, 0)].count += 1
            if kernel.watched.entries[page]?.count == 1 { arm(page) }
        }
        let number = (kernelWatches.keys.max() ?? 0) + 1
        kernelWatches[number] = watch
        return number
    }

    private func canWatch(_ page: VirtualAddress) -> Bool {
        if kernel.watched.entries[page] != nil { return true }
        guard let area = kernel.vmalloc.find(page), page - area.pointee.start < area.pointee.pageCount << 12,
            let (entry, level) = kernelEntry(page)
        else { return false }
        return level == PageTableLevel.pte && entry.pointee & PTE.presentBit != 0
    }

    /// Takes a watch away (`unregister_kmmio_probe`).
    public func endWatch(_ number: Int) {
        guard let watch = kernelWatches.removeValue(forKey: number) else { return }
        for page in watch.pages {
            guard let count = kernel.watched.entries[page]?.count else { continue }
            kernel.watched.entries[page]?.count = count - 1
            if count == 1 {
                disarm(page)
                kernel.watched.entries[page] = nil
            }
        }
    }

    /// The area goes: nothing is left to watch.
    func forgetWatches(from start: VirtualAddress, to end: VirtualAddress) {
        for page in kernel.watched.entries.keys where page >= start && page < end {
            disarm(page)
            kernel.watched.entries[page] = nil
        }
    }

    // MARK: Faults

    /// `arm_kmmio_fault_page`: the entry goes, and what the TLB has of it.
    private func arm(_ page: VirtualAddress) {
        guard let (entry, _) = kernelEntry(page) else { return }
        kernel.watched.entries[page]?.entry = entry.pointee
        noteKernelChange(page, page + PageSize.base, .watch)
        entry.pointee = 0
        flushKernelRange(page, page + PageSize.base)
    }

    /// `disarm_kmmio_fault_page`.
    private func disarm(_ page: VirtualAddress) {
        guard let saved = kernel.watched.entries[page]?.entry, saved != 0, let (entry, _) = kernelEntry(page) else {
            return
        }
        entry.pointee = saved
    }

    /// `kmmio_handler`: a watch hears of the access, and the page is present until the next instruction.
    ///
    /// - Returns: whether the fault was a watch's.
    func stepOverWatch(_ access: KernelAccess) -> Bool {
        let page = access.address.pageAlignedDown
        guard kernel.watched.entries[page] != nil, kernel.watched.stepped == nil else { return false }
        let value = access.kind == .write ? access.value : nil
        tellWatches(
            WatchedAccess(address: access.address, isWrite: access.kind == .write, value: value), isBefore: true)
        disarm(page)
        kernel.watched.stepped = page
        return true
    }

    /// `post_kmmio_handler`, in the debug exception behind the access.
    func endStep(_ access: KernelAccess, _ value: UInt8) {
        guard let page = kernel.watched.stepped else { return }
        kernel.watched.stepped = nil
        arm(page)
        tellWatches(
            WatchedAccess(address: access.address, isWrite: access.kind == .write, value: value), isBefore: false)
    }

    private func tellWatches(_ access: WatchedAccess, isBefore: Bool) {
        for (_, watch) in kernelWatches.sorted(by: { $0.key < $1.key }) where watch.covers(access.address) {
            (isBefore ? watch.before : watch.after)?(access)
        }
    }
}
