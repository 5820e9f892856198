import Testing

@testable import FaultlineHost

@Suite("Comparing recordings")
struct RecordingComparisonTests {
    private static let kernel = """
        kernel 6.18.44
        1 0x100000000000
        2 ok minflt=1 majflt=0
        3 observe
          process init pgtables=12K locked=0K
            vma 100000000000-100000001000 rw-p 0 - | rd wr
              Rss=4
              100000000000 x1 f0 excl mapcount=1 anon swapbacked
        end
          process init pgtables=12K locked=0K

        """

    @Test func equalTextsAreEqual() {
        let comparison = RecordingComparison(kernel: Self.kernel, model: Self.kernel)
        #expect(comparison.isEqual)
        #expect(comparison.report(program: []) == ["equal"])
    }

    @Test func theFirstDifferingStatementIsNamedWithBothOutcomes() {
        let model = Self.kernel.replacing("2 ok minflt=1", with: "2 ok minflt=2")
        let comparison = RecordingComparison(kernel: Self.kernel, model: model)
        #expect(
            comparison.report(program: ["mmap(W, 4K, 3, 34)", "store(W, 1)", "observe()"]) == [
                "differs at line 2: store(W, 1)",
                "  kernel  ok minflt=1 majflt=0",
                "  model   ok minflt=2 majflt=0",
            ])
    }

    @Test func aDifferingStateIsShownAsAUnifiedDiff() {
        let model = Self.kernel.replacing("Rss=4", with: "Rss=8")
        let comparison = RecordingComparison(kernel: Self.kernel, model: model)
        #expect(
            comparison.report(program: ["a()", "b()", "observe()"]) == [
                "differs at line 3: observe()",
                "--- kernel",
                "+++ model",
                "@@ -1,4 +1,4 @@",
                "   process init pgtables=12K locked=0K",
                "     vma 100000000000-100000001000 rw-p 0 - | rd wr",
                "-      Rss=4",
                "+      Rss=8",
                "       100000000000 x1 f0 excl mapcount=1 anon swapbacked",
            ])
    }

    @Test func pagesCanBeLeftOutOfTheComparison() {
        let model = Self.kernel.replacing("x1 f0 excl mapcount=1", with: "x1 f0 excl mapcount=2")
        #expect(!RecordingComparison(kernel: Self.kernel, model: model).isEqual)
        #expect(RecordingComparison(kernel: Self.kernel, model: model, scope: .withoutPages).isEqual)
        let figures = Self.kernel.replacing("Rss=4", with: "Rss=8")
        #expect(!RecordingComparison(kernel: Self.kernel, model: figures, scope: .withoutPages).isEqual)
    }

    @Test func aRecordingThatEndsEarlyDiffersWhereItEnds() {
        let model = "kernel 6.18.44\n1 0x100000000000\n"
        let comparison = RecordingComparison(kernel: Self.kernel, model: model)
        #expect(
            comparison.report(program: ["a()", "b()"]).prefix(3) == [
                "differs at line 2: b()", "  kernel  ok minflt=1 majflt=0", "  model   (nothing)",
            ])
    }
}

@Suite("The unified diff")
struct UnifiedDiffTests {
    @Test func equalTextsHaveNoLines() {
        #expect(UnifiedDiff(old: ["a"], new: ["a"]).lines.isEmpty)
    }

    @Test func distantDifferencesAreHunksOfTheirOwn() {
        let old = (1...20).map(String.init)
        var new = old
        new[1] = "two"
        new.insert("more", at: 18)
        #expect(
            UnifiedDiff(old: old, new: new).lines == [
                "@@ -1,5 +1,5 @@", " 1", "-2", "+two", " 3", " 4", " 5",
                "@@ -16,5 +16,6 @@", " 16", " 17", " 18", "+more", " 19", " 20",
            ])
    }
}

@Suite("The job pool")
struct JobPoolTests {
    @Test func resultsComeInOrderWhateverThreadRanThem() {
        let results = JobPool(workers: 3).run(count: 50, job: { index, _ in index * index }, finished: { _, _ in true })
        #expect(results == (0..<50).map { $0 * $0 })
    }

    @Test func noJobBeginsAfterAStop() {
        let results = JobPool(workers: 1).run(
            count: 50, job: { index, _ in index }, finished: { index, _ in index < 4 })
        #expect(results.compactMap { $0 } == [0, 1, 2, 3, 4])
    }
}
