import Synchronization

/// Runs numbered jobs on a few threads. Each job stays on one thread from its beginning to its end, as ptrace demands.
struct JobPool: Sendable {
    /// How many threads.
    let workers: Int

    /// Runs `job` for each number below `count` and returns the results in order. `worker` tells the threads apart, from 0.
    /// `finished` is called after each job, one call at a time; where it returns false no further job begins, and
    /// the jobs that never ran have no result.
    func run<Result: Sendable>(
        count: Int, job: @escaping @Sendable (_ index: Int, _ worker: Int) -> Result,
        finished: @escaping @Sendable (_ index: Int, Result) -> Bool
    ) -> [Result?] {
        let state = Mutex(State<Result>(results: Array(repeating: nil, count: count)))
        let shared = Shared(state: state)
        let threads = (0..<workers).compactMap { worker in
            HostThread { shared.work(worker, count, job, finished) }
        }
        // Where the host starts no thread, this one does the work.
        if threads.isEmpty { shared.work(0, count, job, finished) }
        for thread in threads { thread.join() }
        return shared.state.withLock { $0.results }
    }

    private struct State<Result: Sendable> {
        var next = 0
        var stopped = false
        var results: [Result?]
    }

    /// What the threads share.
    private final class Shared<Result: Sendable>: Sendable {
        let state: Mutex<State<Result>>

        init(state: consuming Mutex<State<Result>>) { self.state = state }

        /// One thread's part.
        func work(_ worker: Int, _ count: Int, _ job: (Int, Int) -> Result, _ finished: (Int, Result) -> Bool) {
            while let index = next(of: count) { finish(index, job(index, worker), finished) }
        }

        private func next(of count: Int) -> Int? {
            state.withLock { state in
                guard !state.stopped, state.next < count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        private func finish(_ index: Int, _ result: Result, _ finished: (Int, Result) -> Bool) {
            state.withLock { state in
                state.results[index] = result
                if !finished(index, result) { state.stopped = true }
            }
        }
    }
}
