extension Machine {
    /// `vm_page_prot`: what a fresh entry of the VMA allows.
    @inline(__always)
    func pageProtection(_ vma: Handle<VMArea>) -> UInt64 {
        let bits = vma.pointee.protection
        if bits & PTE.writeBit != 0, wantsWriteNotify(vma) { return bits & ~PTE.writeBit }
        return bits
    }

    /// `vma_wants_writenotify`: shared writable memory of a disk file is write-protected while clean, so that the file
    /// system hears of the first write; memory that a userfaultfd may write-protect always is.
    @inline(__always)
    func wantsWriteNotify(_ vma: Handle<VMArea>) -> Bool {
        guard vma.pointee.flags.isSuperset(of: [.write, .shared]), let file = vma.pointee.file else { return false }
        if vma.pointee.flags.has(.userfaultWP) { return true }
        return file.pointee.mapping.pointee.kind == .disk
    }
}
