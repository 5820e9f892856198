// swift-format-ignore-file: AlwaysUseLowerCamelCase, AllPublicDeclarationsHaveDocumentation
// The names and their documentation are those of the header, `faultline/machine.h`.
import Faultline
import FaultlineInspect
import FaultlineWindow

@_cdecl("faultline_machine_create")
public func faultline_machine_create(
    _ options: UnsafePointer<faultline_machine_options>?, _ machine: UnsafeMutablePointer<OpaquePointer?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(machine, "machine")
        let made = try make(options?.pointee)
        let target = MachineTarget(made)
        let handle = Handles.all.withLock { OpaquePointerBits($0.add(target)) }
        place.pointee = handle.pointer
    }
}

private func make(_ options: faultline_machine_options?) throws(Failure) -> WindowMachine {
    var settings = KernelSettings()
    var ramBytes: UInt64 = 24 << 30
    if let options {
        guard options.size == MemoryLayout<faultline_machine_options>.size else {
            throw .argument(
                "options.size is \(options.size): use FAULTLINE_MACHINE_OPTIONS_INIT of this version's header")
        }
        if options.ram_bytes != 0 { ramBytes = options.ram_bytes }
        guard (0...1).contains(options.protection_keys) else {
            throw .argument("options.protection_keys is neither 0 nor 1")
        }
        settings.cpu.protectionKeys = options.protection_keys == 1
        if let text = options.settings {
            for setting in try string(text, "options.settings").split(separator: " ") {
                do throws(SettingError) { try settings.set(String(setting)) } catch {
                    throw .argument(error.description)
                }
            }
        }
    }
    do throws(MachineError) { return try WindowMachine(ramBytes: ramBytes, settings: settings) } catch {
        if case .ramSize = error { throw .argument(error.description) }
        throw Failure(FAULTLINE_HOST, error.description)
    }
}

@_cdecl("faultline_machine_destroy")
public func faultline_machine_destroy(_ machine: OpaquePointer?) -> faultline_status {
    answer { () throws(Failure) in
        let target = try Handles.machine(machine)
        let bits = OpaquePointerBits(machine)
        Handles.all.withLock { $0.remove(bits.pointer, MachineTarget.self) }
        target.closeAll()
    }
}

@_cdecl("faultline_machine_check")
public func faultline_machine_check(
    _ machine: OpaquePointer?, _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(problem, "problem")
        let found = try Handles.machine(machine).machine.withMachine { $0.checkInvariants() }
        place.pointee = nil
        if let found { try give(found, place) }
    }
}

@_cdecl("faultline_machine_meminfo")
public func faultline_machine_meminfo(
    _ machine: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let info = try Handles.machine(machine).machine.withMachine { $0.memoryInfo() }
        try give(MeminfoReader.text(info), text)
    }
}

@_cdecl("faultline_machine_trace")
public func faultline_machine_trace(_ machine: OpaquePointer?, _ on: Int32) -> faultline_status {
    answer { () throws(Failure) in try Handles.machine(machine).machine.withMachine { $0.trace(on != 0) } }
}

@_cdecl("faultline_machine_take_events")
public func faultline_machine_take_events(
    _ machine: OpaquePointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(text, "text")
        let events = try Handles.machine(machine).machine.withMachine { $0.takeEvents() }
        try give(events.map { $0.text() + "\n" }.joined(), place)
    }
}

@_cdecl("faultline_spawn")
public func faultline_spawn(
    _ machine: OpaquePointer?, _ process: UnsafeMutablePointer<OpaquePointer?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(process, "process")
        let target = try Handles.machine(machine)
        do throws(Errno) { place.pointee = target.add(try target.machine.spawn()) } catch { throw Failure(error, nil) }
    }
}

@_cdecl("faultline_fork")
public func faultline_fork(
    _ process: OpaquePointer?, _ child: UnsafeMutablePointer<OpaquePointer?>?
) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(child, "child")
        let parent = try Handles.process(process)
        do throws(Errno) { place.pointee = parent.owner.add(try parent.process.fork()) } catch {
            throw Failure(error, parent.owner.machine.withMachine { $0.takeRefusal() })
        }
    }
}

@_cdecl("faultline_exit")
public func faultline_exit(_ process: OpaquePointer?) -> faultline_status {
    answer { () throws(Failure) in try call(process) { machine, id throws(Errno) in try machine.exit(id) } }
}

@_cdecl("faultline_is_alive")
public func faultline_is_alive(_ process: OpaquePointer?, _ alive: UnsafeMutablePointer<Int32>?) -> faultline_status {
    answer { () throws(Failure) in
        let place = try required(alive, "alive")
        place.pointee = try call(process) { machine, id throws(Errno) in machine.isAlive(id) ? 1 : 0 }
    }
}
