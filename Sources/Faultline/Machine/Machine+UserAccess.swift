/// Accesses of the kernel's that may fail: each has a row in the exception table (`__ex_table`), which says where the kernel goes on.
extension Machine {
    /// get_user of a byte. A fault on the way is handled as the process's own would be.
    ///
    /// - Throws: EFAULT for an address of the kernel's (`access_ok`), and where the fault ends in the exception table.
    package func getUser(_ process: Int, _ address: UInt64) throws(Errno) -> UInt8 {
        frames.byte(try userPlace(process, address, .read))
    }

    /// put_user of a byte. - Throws: EFAULT as ``getUser(_:_:)``.
    package func putUser(_ process: Int, _ address: UInt64, _ byte: UInt8) throws(Errno) {
        frames.setByte(try userPlace(process, address, .write), byte)
    }

    private func userPlace(_ process: Int, _ address: UInt64, _ kind: AccessKind) throws(Errno) -> PhysicalAddress {
        let task = try caller(process)
        guard address < AddressSpaceLimit.taskSize, case .physical(let place) = access(task, address, kind) else {
            throw refuse(.EFAULT, .badBuffer(address))
        }
        return place
    }

    /// copy_from_kernel_nofault of a byte: an access of the kernel's own memory that ends in no oops.
    ///
    /// - Throws: ERANGE for what cannot be an address of the kernel's, EFAULT where nothing is mapped.
    package func loadWithoutOops(_ process: Int, _ address: UInt64) throws(Errno) -> UInt8 {
        try enterKernel(process)
        guard address >= KernelLayout.upperHalf else {
            throw refuse(.ERANGE, .argument("addr", .address(address), "must be one of the kernel's"))
        }
        if let byte = kernelLoad(address, isFixedUp: true) { return byte }
        throw refuse(.EFAULT, .notMappedInKernel(address))
    }
}
