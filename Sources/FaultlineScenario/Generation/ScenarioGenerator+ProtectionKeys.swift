extension ScenarioGenerator {
    /// A call or an instruction that is about protection keys.
    mutating func useProtectionKey() {
        let (address, kib) = range()
        switch random.below(10) {
        case 0, 1:
            let name = name("k")
            emit("\(name) = pkey_alloc(0, \(random.pick(Self.keyRights)))")
            keys.append(name)
        case 2: emit("pkey_free(\(key()))")
        case 3, 4: emit("wrpkru(\(register()))")
        case 5: emit("rdpkru()")
        default: emit("pkey_mprotect(\(address), \(kib)K, \(protection()), \(key()))")
        }
    }

    private static let keyRights = [
        "0", "PKEY_DISABLE_WRITE", "PKEY_DISABLE_ACCESS", "PKEY_DISABLE_ACCESS|PKEY_DISABLE_WRITE",
    ]

    /// A key that was asked for, whether or not it could be had or is free again; seldom one that was not.
    private mutating func key() -> String {
        if keys.isEmpty || random.chance(12) { return random.pick(["-1", "1", "2", "15", "16"]) }
        return random.pick(keys)
    }

    /// What is written into PKRU: everything open, or any rights for each key but 0.
    private mutating func register() -> String {
        if random.chance(20) { return "0" }
        return "0x" + String(UInt32(truncatingIfNeeded: random.next()) & ~3, radix: 16)
    }
}
