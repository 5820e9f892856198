import ArgumentParser
import FaultlineInspect

/// `faultline why-not-merged`: why two neighbours in a text of smaps are two VMAs.
struct WhyNotMergedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why-not-merged",
        abstract: "Say why a VMA of /proc/PID/smaps and its neighbours are not one VMA.",
        discussion: """
            SMAPS is a file such as /proc/1/smaps, or - for standard input; a text of /proc/PID/maps will do, but says nothing
            of flags. Every difference that it shows is named. Where all that it shows agrees, the answer is what it cannot
            show.
            """)

    @Argument(help: ArgumentHelp("The text.", valueName: "smaps"), completion: .file())
    var smaps: String

    @Argument(help: ArgumentHelp("An address in the VMA, in hex.", valueName: "address"))
    var address: String

    func run() throws { print(try answer(), terminator: "") }

    /// What the command prints.
    func answer() throws -> String {
        let digits = address.hasPrefix("0x") || address.hasPrefix("0X") ? String(address.dropFirst(2)) : address
        guard let number = UInt64(digits, radix: 16) else {
            throw ValidationError("\(address): give an address in hex, such as 7f0012345000 or 0x7f0012345000")
        }
        let text: SmapsText
        do { text = try SmapsText(try TextFile.read(smaps).utf8) } catch let error as MapsError {
            throw CommandFailure("\(smaps): \(error)")
        }
        let reader = WhyNotMergedReader(text)
        guard let answer = reader.text(at: number) else {
            throw CommandFailure(
                "\(smaps): no VMA holds 0x\(String(number, radix: 16)): \(reader.surroundings(of: number))")
        }
        return answer
    }
}
