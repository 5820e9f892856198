/// The arrays of free objects that a CPU has of a cache that asks for them, and the node's store of them: `slub_percpu_sheaves`
/// and `node_barn` (6.18).
struct SlabSheaves {
    /// `pcs->main` and `pcs->spare`; no spare at first.
    var main: [VirtualAddress] = []
    var spare: [VirtualAddress]?
    /// `barn->sheaves_full`, the newest last, and how many empty ones it has.
    var full: [[VirtualAddress]] = []
    var emptyCount = 0

    /// MAX_FULL_SHEAVES and MAX_EMPTY_SHEAVES.
    static var limit: Int { 10 }

    /// Free objects in all of them.
    var objectCount: Int { main.count + (spare?.count ?? 0) + full.reduce(0) { $0 + $1.count } }
}

extension Machine {
    /// `alloc_from_pcs`: from the main sheaf; else the spare, a full one of the barn, or a new one that is filled from slabs.
    func allocateFromSheaf(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> VirtualAddress? {
        let number = cache.pointee.number
        if kernel.sheaves[number].main.isEmpty, !replaceEmptyMain(cache, flags) { return takeObject(cache, flags) }
        return kernel.sheaves[number].main.popLast()
    }

    /// `__pcs_replace_empty_main`: false where no sheaf can be filled.
    private func replaceEmptyMain(_ cache: Handle<SlabCache>, _ flags: GFPFlags) -> Bool {
        let number = cache.pointee.number
        if let spare = kernel.sheaves[number].spare, !spare.isEmpty {
            kernel.sheaves[number].spare = kernel.sheaves[number].main
            kernel.sheaves[number].main = spare
            return true
        }
        if let full = kernel.sheaves[number].full.popLast() {
            kernel.sheaves[number].emptyCount = min(kernel.sheaves[number].emptyCount + 1, SlabSheaves.limit)
            kernel.sheaves[number].main = full
            return true
        }
        var filled: [VirtualAddress] = []
        while filled.count < cache.pointee.sheafCapacity, let object = takeObject(cache, flags) {
            filled.append(object)
        }
        guard filled.count == cache.pointee.sheafCapacity else {
            for object in filled { putObject(cache, object) }
            return false
        }
        if kernel.sheaves[number].emptyCount > 0 { kernel.sheaves[number].emptyCount -= 1 }
        // The empty one becomes the spare where there is none, else it goes to the barn.
        if kernel.sheaves[number].spare == nil {
            kernel.sheaves[number].spare = []
        } else {
            kernel.sheaves[number].emptyCount = min(kernel.sheaves[number].emptyCount + 1, SlabSheaves.limit)
        }
        kernel.sheaves[number].main = filled
        return true
    }

    /// `free_to_pcs`: onto the main sheaf; a full one makes room first.
    func freeToSheaf(_ cache: Handle<SlabCache>, _ object: VirtualAddress) {
        let number = cache.pointee.number
        if kernel.sheaves[number].main.count == cache.pointee.sheafCapacity { replaceFullMain(cache) }
        kernel.sheaves[number].main.append(object)
    }

    /// `__pcs_replace_full_main`: an empty sheaf becomes the main one. Where the barn is full, its objects go back to their slabs.
    private func replaceFullMain(_ cache: Handle<SlabCache>) {
        let number = cache.pointee.number
        let full = kernel.sheaves[number].main
        kernel.sheaves[number].main = []
        guard let spare = kernel.sheaves[number].spare else {
            kernel.sheaves[number].spare = full
            return
        }
        if spare.isEmpty {
            kernel.sheaves[number].spare = full
        } else if kernel.sheaves[number].full.count < SlabSheaves.limit {
            if kernel.sheaves[number].emptyCount > 0 { kernel.sheaves[number].emptyCount -= 1 }
            kernel.sheaves[number].full.append(full)
        } else {
            for object in full { putObject(cache, object) }
        }
    }

    /// `pcs_flush_all` with `barn_shrink`: all objects go back to their slabs.
    func flushSheaves(_ cache: Handle<SlabCache>) {
        let number = cache.pointee.number
        let sheaves = kernel.sheaves[number]
        kernel.sheaves[number] = SlabSheaves()
        for object in sheaves.main + (sheaves.spare ?? []) + sheaves.full.flatMap(\.self) { putObject(cache, object) }
    }
}
