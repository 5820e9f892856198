import Foundation

@testable import Faultline

/// Pages of a machine's RAM that the host has given.
func residentPages(of machine: Machine) -> Int {
    let ram = machine.frames.ram
    var pages = [UInt8](repeating: 0, count: Int(ram.frames))
    precondition(mincore(ram.base, Int(ram.bytes), &pages) == 0)
    return pages.count { $0 & 1 != 0 }
}
