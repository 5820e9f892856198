import CSymbols

/// What an address of code is called.
public struct Symbol: Sendable, Equatable {
    /// The path of the program or library, or a name such as `[vdso]`; nil where nothing is mapped.
    public var object: String?
    /// The address as the object's own tables have it.
    public var objectOffset: UInt64
    /// The function's name as the source has it; nil where the object does not tell.
    public var function: String?
    /// Bytes behind the function's start.
    public var functionOffset: UInt64
    /// The source file; nil without debug information.
    public var file: String?
    /// The line in it, from 1.
    public var line: UInt32

    /// The object without its folders.
    public var objectName: String? { object.map { String($0.split(separator: "/").last ?? Substring($0)) } }

    /// The function, or where in the object the address lies; ``hexadecimal(_:)`` of the address where nothing is known.
    public func name(of address: UInt64) -> String {
        if let function { return function }
        guard let objectName else { return Symbol.hexadecimal(address) }
        return "\(objectName)+\(Symbol.hexadecimal(objectOffset))"
    }

    /// A number as `0x1f`.
    static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}

/// Names addresses of code: function, object, source line.
///
/// By libdw where the package was built with it; ``hasDebugInformation`` says so.
public final class Symbolizer {
    let handle: OpaquePointer
    private var known: [UInt64: Symbol] = [:]

    /// Whether names of all functions and source lines can be had. Without libdw only functions that this process exports have names.
    public static var hasDebugInformation: Bool { fl_symbolizer_has_libdw() }

    /// Of this process, as it is now.
    ///
    /// - Throws: ``CallSiteError`` where the host does not show its mappings.
    public init() throws(CallSiteError) {
        guard let handle = fl_symbolizer_create_here() else { throw .noMappings }
        self.handle = handle
    }

    /// Of a process whose mappings were read from `/proc/PID/maps`. It may have ended; its files must still be there.
    ///
    /// - Throws: ``CallSiteError/noMappings``.
    public init(maps: String) throws(CallSiteError) {
        let handle = maps.withCString { fl_symbolizer_create($0, maps.utf8.count) }
        guard let handle else { throw .noMappings }
        self.handle = handle
    }

    deinit { fl_symbolizer_destroy(handle) }

    /// What an address is called.
    public func symbol(at address: UInt64) -> Symbol {
        if let symbol = known[address] { return symbol }
        var found = fl_symbol()
        fl_symbolizer_find(handle, address, &found)
        // SAFETY: the strings live as long as the symbolizer; they are copied.
        let symbol = Symbol(
            object: found.object.map { String(cString: $0) }, objectOffset: found.object_offset,
            function: found.function.map(Symbolizer.readable), functionOffset: found.function_offset,
            file: found.file.map { String(cString: $0) }, line: found.line)
        known[address] = symbol
        return symbol
    }

    private static func readable(_ name: UnsafePointer<CChar>) -> String {
        // A version of the symbol (`@@GLIBC_2.34`) is no part of the name.
        guard let text = fl_demangle(name) else { return String(String(cString: name).prefix { $0 != "@" }) }
        // SAFETY: the string is ours.
        defer { fl_symbol_free(text) }
        return String(cString: text)
    }
}
