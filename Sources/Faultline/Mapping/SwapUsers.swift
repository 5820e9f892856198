/// Who may have pages in the swap area, in the order in which swapoff looks at them: `init_mm.mmlist`, `shmem_swaplist`.
///
/// An address space or a memory file comes here when its first page goes, and stays while it lives, be its pages back or not, until swapoff is
/// done with it.
struct SwapUsers {
    private(set) var addressSpaces: [Handle<MMStruct>] = []
    private(set) var files: [Handle<FileMapping>] = []

    /// `list_add` to the head (`try_to_unmap_one`).
    mutating func add(_ mm: Handle<MMStruct>) { addressSpaces.insert(mm, at: 0) }

    /// `list_add` behind another one (`copy_nonpresent_pte`), which swapoff empties first, so that the copies find pages in the cache.
    mutating func add(_ child: Handle<MMStruct>, behind parent: Handle<MMStruct>) {
        addressSpaces.insert(child, at: (addressSpaces.firstIndex(of: parent) ?? -1) + 1)
    }

    mutating func remove(_ mm: Handle<MMStruct>) { addressSpaces.removeAll { $0 == mm } }

    /// `drain_mmlist`.
    mutating func removeAddressSpaces() { addressSpaces = [] }

    /// `list_add` to the head (`shmem_writeout`).
    mutating func add(_ file: Handle<FileMapping>) { files.insert(file, at: 0) }

    mutating func remove(_ file: Handle<FileMapping>) { files.removeAll { $0 == file } }
}

extension Machine {
    /// An entry of an address space names a slot from now on.
    @inline(__always)
    func noteSwapUser(_ mm: Handle<MMStruct>) {
        if mm.pointee.mayBeSwapped { return }
        mm.pointee.mayBeSwapped = true
        swap.users.add(mm)
    }

    /// fork copied an entry that names a slot.
    @inline(__always)
    func noteSwapUser(_ child: Handle<MMStruct>, behind parent: Handle<MMStruct>) {
        if child.pointee.mayBeSwapped { return }
        child.pointee.mayBeSwapped = true
        swap.users.add(child, behind: parent)
    }

    /// The address space ends.
    func forgetSwapUser(_ mm: Handle<MMStruct>) {
        if mm.pointee.mayBeSwapped { swap.users.remove(mm) }
    }

    /// swapoff is through with all.
    func forgetSwapUsers() {
        for mm in swap.users.addressSpaces { mm.pointee.mayBeSwapped = false }
        swap.users.removeAddressSpaces()
    }
}
