import Faultline

extension ELFFile {
    /// A file whose segments may overlap, lie in odd places, or break a rule.
    static func random(_ random: inout SplitMix64, interpreter: String?) -> ELFFile {
        let isFixed = random.chance(40)
        let start: UInt64 =
            isFixed
            ? random.pick([0x40_0000, 0x1_0000, 0x20_0000, 0x7fff_f700_0000, 0x5555_5555_0000])
            : random.pick([0, 0, 0x1000, 0x20_0000, 0x7000])
        let alignment: UInt64 = random.pick([0, 1, 0x1000, 0x1000, 0x1_0000, 0x20_0000, 3, 0x8000])
        var headers: [Header] = []
        var place = start
        for _ in 0..<1 + random.below(5) {
            let offset: UInt64 = random.pick([0, 0x1000, 0x2000, 0x3000])
            let within: UInt64 = random.pick([0, 0, 0x10, 0xe00, 0xfff])
            let fileSize: UInt64 = random.pick([0, 1, 0x100, 0xff0, 0x1000, 0x1001, 0x2345, 0x5000])
            var memorySize = fileSize + random.pick([0, 0, 0, 1, 0x10, 0x1000, 0x2345, 0x3_0000, 0x40_0000])
            if fileSize > 0, random.chance(3) { memorySize = fileSize - 1 }
            headers.append(
                Header(
                    flags: random.pick([4, 5, 6, 7, 4, 5, 6, 0, 2]), offset: offset + within, address: place + within,
                    fileSize: fileSize, memorySize: memorySize, alignment: alignment))
            let next = (within + memorySize + 4095) & ~4095
            place += random.pick([0x1000, 0x2000, 0x6000, 0x1_0000, 0x20_0000, next, next, next])
        }
        if random.chance(80) { headers.append(Header(type: 0x6474_e551, flags: random.pick([6, 7]))) }
        return ELFFile(
            type: isFixed ? 2 : 3, headers: headers, interpreter: random.chance(35) ? interpreter : nil,
            entry: random.pick([0x1000, start, 1 << 47]), size: 0x6000)
    }
}
