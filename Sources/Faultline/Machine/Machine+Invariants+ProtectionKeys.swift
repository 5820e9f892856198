extension Machine {
    /// The keys of an address space, and the register of its process.
    func checkProtectionKeys(_ process: Process) -> String? {
        let keys = process.mm.pointee.keys
        guard settings.cpu.protectionKeys else {
            if keys.allocated != 0 || keys.executeOnly != nil {
                return "protection keys are taken, but the processor has none"
            }
            return process.pkru == .absent ? nil : "PKRU is set, but the processor has none"
        }
        if let key = keys.executeOnly, keys.allocated & 1 << UInt16(key) == 0 {
            return "the execute-only key \(key) is not allocated"
        }
        if process.index == Int(cpu.current), cpu.task != nil, cpu.mmu.pkru != process.pkru {
            return "the processor's PKRU is not the running process's"
        }
        return nil
    }
}
