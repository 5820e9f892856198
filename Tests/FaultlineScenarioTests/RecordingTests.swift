import Faultline
import Testing

@testable import FaultlineScenario

@Suite struct RecordingTests {
    @Test(arguments: RecordedCase.folders)
    func everyRecordingReadsAndPrintsTheSameBytes(profile: String) throws {
        let cases = try RecordedCase.all(of: profile)
        #expect(cases.count >= RecordedCase.leastCount(of: profile))
        for example in cases {
            let recording = try Recording.parse(example.recording)
            #expect(recording.text == example.recording, "\(example.testDescription)")
        }
    }

    @Test(arguments: RecordedCase.folders)
    func everyRecordingHasAnEntryForEachStatementOfItsProgram(profile: String) throws {
        for example in try RecordedCase.all(of: profile) {
            let program = try Parser.parse(example.program)
            let recording = try Recording.parse(example.recording)
            // An assertion ends a run or leaves no trace.
            let lines = program.statements.filter { $0.call.map { $0.name != .assert } ?? false }.map(\.line)
            // Others that the kernel killed have a line each, behind the statement's own.
            let entries = recording.entries.filter { entry in
                switch entry.content {
                case .killed, .wakes: false
                case .result, .observation: true
                }
            }
            #expect(entries.map(\.line) == lines, "\(example.testDescription)")
        }
    }

    /// Takes each recorded state apart into single pages with other frame numbers: numbering and gathering give it back.
    @Test(arguments: RecordedCase.folders)
    func numberingAndRunsAreThoseOfTheRecordings(profile: String) throws {
        for example in try RecordedCase.all(of: profile) {
            let recording = try Recording.parse(example.recording)
            var states = [recording.end]
            for case .observation(let state) in recording.entries.map(\.content) { states.append(state) }
            for state in states {
                let again = RecordedState(
                    state.views, scope: StateScope(initial: recording.initial),
                    flags: PageFlags.always.union(PageFlags(PageFlags.optional.map(\.flag))))
                #expect(again.text == state.text, "\(example.testDescription)")
            }
        }
    }

    @Test func initialVMAsAndPagesOfHugeVMAsAreLeftOut() {
        let initial = InitialVMA(start: 0x1000, end: 0x3000, permissions: "rw-p", offset: 0, name: "-")
        let page = PageView(address: 0x1000, content: .frame(7), mapCount: 1)
        let gigabytes = UInt64(1 << 30) + 4096
        let vmas = [
            VMAView(
                start: 0x1000, end: 0x3000, permissions: "rw-p", offset: 0, name: "", flags: "rd", pages: [page]),
            VMAView(
                start: 0x10000, end: 0x10000 + gigabytes, permissions: "rw-p", offset: 0, name: "", flags: "rd",
                figures: [.pss: 4, .rss: 4, .swap: 0],
                pages: [PageView(address: 0x10000, content: .frame(8), mapCount: 1)]),
            VMAView(
                start: 0x7000_0000, end: 0x7000_2000, permissions: "r--p", offset: 0x1000, name: "file:f",
                flags: "rd",
                pages: [
                    PageView(
                        address: 0x7000_0000, content: .frame(9), isFile: true, isExclusive: true, mapCount: 1,
                        flags: [.swapBacked, .dirty])
                ]),
        ]
        let process = ProcessView(name: "init", pageTablesKiB: 4, lockedKiB: 0, vmas: vmas)
        let state = RecordedState([process], scope: StateScope(initial: [initial]))
        #expect(
            state.text == """
                  process init pgtables=4K locked=0K
                    vma 10000-40011000 rw-p 0 - | rd
                      Rss=4 Pss=4
                    vma 70000000-70002000 r--p 1000 file:f | rd
                      70000000 x1 f0 file excl mapcount=1 dirty swapbacked

                """)
    }

    @Test func aGuardMarkerIsWrittenAsPagemapShowsIt() {
        let pages = [
            PageView(address: 0x1000, content: .swapped(slot: nil)), PageView(address: 0x2000, content: .guardMarker),
            PageView(address: 0x3000, content: .zeroPage), PageView(address: 0x5000, content: .zeroPage),
        ]
        let vma = VMAView(
            start: 0x1000, end: 0x9000, permissions: "rw-p", offset: 0, name: "", flags: "rd", pages: pages)
        let process = ProcessView(name: "init", pageTablesKiB: 4, lockedKiB: 0, vmas: [vma])
        let state = RecordedState([process], scope: StateScope(initial: []))
        #expect(state.processes[0].vmas[0].runs.map(\.text) == ["1000 x2 swap", "3000 x1 zero", "5000 x1 zero"])
    }

    @Test(arguments: [
        ("", 1, "'kernel VERSION'"),
        ("kernel 6\ninitial 4\nend\n", 2, "'initial START-END PERMS OFFSET NAME'"),
        ("kernel 6\n1 0\n", 3, "'end'"),
        ("kernel 6\ncpu fpu\nend\n", 2, "'cpu FEATURE ...' (no such feature; there are pku)"),
        ("kernel 6\n1 -1 ENOTHING\nend\n", 2, "a RESULT after the line's number"),
        (
            "kernel 6\n1 observe\n  process init\nend\n", 3,
            "'process NAME pgtables=NK locked=NK [pinned=NK] [shares=NAME]'"
        ),
        ("kernel 6\nend\nmore\n", 3, "nothing after the last state"),
        (
            "kernel 6\nend\n  process init pgtables=0K locked=0K\n    vma 1-2 r 0 - | rd\n      1 x1 f0\n", 5,
            "'ADDRESS xN FRAME [file] [excl] mapcount=N [FLAGS]'"
        ),
    ])
    func aFaultyRecordingIsToldByItsLine(text: String, line: Int, expected: String) {
        let error = #expect(throws: RecordingSyntaxError.self) { try Recording.parse(text) }
        #expect(error?.line == line)
        #expect(error?.expected == expected)
    }
}

extension RecordedState {
    /// The state a page at a time, with frames that are not numbered in order.
    fileprivate var views: [ProcessView] {
        processes.map { process in
            ProcessView(
                name: process.name, pageTablesKiB: process.pgtablesKiB, lockedKiB: process.lockedKiB,
                pinnedKiB: process.pinnedKiB, sharedWith: process.sharedWith, vmas: process.vmas.map(\.view))
        }
    }
}

extension RecordedVMA {
    fileprivate var view: VMAView {
        VMAView(
            start: start, end: end, permissions: permissions, offset: offset, name: name, flags: vmFlags,
            policy: policy, figures: figures, pages: runs.flatMap(\.pages))
    }
}

extension PageRun {
    fileprivate var pages: [PageView] {
        (0..<count).map { index in
            let content: PageView.Content =
                switch frame {
                case .zero: .zeroPage
                case .swap: .swapped(slot: nil)
                case .slot(let slot): .swapped(slot: slot + UInt64(index))
                case .guardMarker: .guardMarker
                case .marker: .userfaultMarker
                case .poison: .poisonMarker
                case .number(let number): .frame(UInt64(number + index) &* 0x9e37_79b9_7f4a_7c15)
                }
            return PageView(
                address: address + UInt64(index) * 4096, content: content, isFile: isFile, isExclusive: isExclusive,
                isWriteProtected: isWriteProtected, mapCount: mapCount, flags: flags)
        }
    }
}
