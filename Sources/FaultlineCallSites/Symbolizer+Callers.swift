import CSymbols

/// Code that stands still in another address space.
public struct StoppedCode {
    /// Registers by their DWARF numbers, 0...16; nil where one is not known. 7 is the stack pointer, 16 the instruction pointer.
    public var registers: [UInt64?]
    /// The instruction pointer stands behind the instruction that is meant, as it does in a system call.
    public var isBehindInstruction: Bool

    /// Code with all its registers.
    public init(registers: [UInt64]) {
        precondition(registers.count == Int(FL_REGISTERS), "17 registers are expected")
        self.registers = registers
        isBehindInstruction = false
    }

    /// Code in a system call, of which only the pointers are known.
    public init(inSystemCallAt instruction: UInt64, stack: UInt64) {
        registers = Array(repeating: nil, count: Int(FL_REGISTERS))
        registers[7] = stack
        registers[16] = instruction
        isBehindInstruction = true
    }
}

/// Who called some code.
public struct CallChain: Equatable, Sendable {
    /// From the code itself to the outermost caller; at most 128.
    public var frames: [CallSite.Frame]
    /// Callers outside the last frame were left out for want of room.
    public var isCut: Bool
    /// The stack could not be followed to its end, or by frame pointers alone.
    public var isBroken: Bool
}

extension Symbolizer {
    /// Follows the callers of code of the process whose mappings were given, by the unwind information of its files. Where code has none,
    /// the caller is guessed by the frame pointer; without libdw all are.
    ///
    /// - Parameter read: eight bytes of the process's memory at an address; nil where there is none.
    public func callers(of code: StoppedCode, read: @escaping (UInt64) -> UInt64?) -> CallChain {
        var stopped = fl_stopped_code()
        withUnsafeMutableBytes(of: &stopped.registers) { bytes in
            for (number, value) in code.registers.enumerated() {
                bytes.storeBytes(of: value ?? 0, toByteOffset: number * 8, as: UInt64.self)
            }
        }
        for (number, value) in code.registers.enumerated() where value != nil { stopped.known |= 1 << UInt32(number) }
        stopped.is_behind_call = code.isBehindInstruction
        let reader = WordReader(read: read)
        stopped.context = Unmanaged.passUnretained(reader).toOpaque()
        stopped.read = { context, address, word in
            guard let context else { return false }
            // SAFETY: the reader lives until the walk is done.
            guard let value = Unmanaged<WordReader>.fromOpaque(context).takeUnretainedValue().read(address) else {
                return false
            }
            word.pointee = value
            return true
        }
        var found = fl_callers()
        withExtendedLifetime(reader) { fl_symbolizer_unwind(handle, &stopped, &found) }
        let count = Int(found.count)
        let addresses = withUnsafeBytes(of: found.addresses) {
            Array($0.bindMemory(to: UInt64.self).prefix(count))
        }
        let guesses = withUnsafeBytes(of: found.guessed) { Array($0.bindMemory(to: Bool.self).prefix(count)) }
        return CallChain(
            frames: zip(addresses, guesses).map { CallSite.Frame(address: $0, isGuessed: $1) }, isCut: found.is_cut,
            isBroken: found.is_broken)
    }
}

private final class WordReader {
    let read: (UInt64) -> UInt64?

    init(read: @escaping (UInt64) -> UInt64?) { self.read = read }
}

extension CallSites {
    /// Counts a fault at an address with the chain of the code that took it.
    public func add(_ kind: FaultKind, at address: UInt64, _ chain: CallChain) {
        add(kind, at: address, frames: chain.frames, isCut: chain.isCut, isBroken: chain.isBroken)
    }
}
