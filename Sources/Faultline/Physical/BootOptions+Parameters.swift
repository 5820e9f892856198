extension BootOptions {
    /// Takes a parameter of the kernel's command line: `movablecore=2G`, `kernelcore=50%`, `mem=8G`, `initrdmem=START,SIZE`, `cma=64M`,
    /// `numa=fake=2`, `nr_cpus=2`.
    ///
    /// - Throws: ``FirmwareMapError/option(_:)`` for one that is none of these, or has no such value.
    public mutating func set(_ parameter: String) throws(FirmwareMapError) {
        let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw .option("\(parameter): write NAME=VALUE, such as movablecore=2G") }
        let value = parts[1]
        switch parts[0] {
        case "movablecore": movableCore = try Self.amount(value, parameter)
        case "kernelcore" where value == "mirror":
            throw .option(
                "\(parameter): an e820 map does not say which memory is mirrored (EFI's map does, "
                    + "EFI_MEMORY_MORE_RELIABLE); give an amount, such as kernelcore=4G or kernelcore=50%")
        case "kernelcore": kernelCore = try Self.amount(value, parameter)
        case "mem": limit = try Self.bytes(value, parameter)
        case "cma": cma = try Self.bytes(value, parameter)
        case "initrdmem": initialRAMDisk = try Self.place(value, parameter)
        case "numa" where value.hasPrefix("fake="):
            fakeNodes = try Self.count(String(value.dropFirst(5)), 1...64, parameter)
        case "nr_cpus": cpus = try Self.count(value, 1...256, parameter)
        default:
            throw .option(
                "\(parameter): no such parameter; there are movablecore=, kernelcore=, mem=, cma=, initrdmem=, numa=fake= and nr_cpus="
            )
        }
    }

    private static func amount(_ text: String, _ parameter: String) throws(FirmwareMapError) -> Amount {
        if text.hasSuffix("%") {
            guard let percent = UInt64(text.dropLast()), percent <= 100 else {
                throw .option("\(parameter): a percentage is 0% to 100%")
            }
            return .percent(percent)
        }
        return .bytes(try bytes(text, parameter))
    }

    private static func count(
        _ text: String, _ range: ClosedRange<Int>, _ parameter: String
    ) throws(FirmwareMapError) -> Int {
        guard let count = Int(text), range.contains(count) else {
            throw .option("\(parameter): the value is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }

    private static func place(_ text: String, _ parameter: String) throws(FirmwareMapError) -> Range<PhysicalAddress> {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw .option("\(parameter): write initrdmem=START,SIZE") }
        let (start, size) = (try bytes(parts[0], parameter), try bytes(parts[1], parameter))
        guard size > 0, start <= UInt64.max - size else {
            throw .option("\(parameter): the size is not 0, and fits 64 bits")
        }
        return start..<start + size
    }

    /// `memparse`: a number, hexadecimal behind 0x, with K, M, G, T or P.
    private static func bytes(_ text: String, _ parameter: String) throws(FirmwareMapError) -> UInt64 {
        var digits = text[...]
        var shift: UInt64 = 0
        for (suffix, bits) in [("K", 10), ("M", 20), ("G", 30), ("T", 40), ("P", 50)] as [(String, UInt64)]
        where digits.hasSuffix(suffix) || digits.hasSuffix(suffix.lowercased()) {
            digits = digits.dropLast()
            shift = bits
            break
        }
        let number = digits.hasPrefix("0x") ? UInt64(digits.dropFirst(2), radix: 16) : UInt64(digits)
        guard let number, (number << shift) >> shift == number else {
            throw .option("\(parameter): a size is a number of bytes, or one with K, M, G, T or P, such as 2G")
        }
        return number << shift
    }
}
