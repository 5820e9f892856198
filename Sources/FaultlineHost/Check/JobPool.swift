import Foundation
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
        let done = DispatchSemaphore(value: 0)
        let shared = Shared(state: state)
        for worker in 0..<workers {
            let thread = Thread {
                while let index = shared.next(of: count) {
                    let result = job(index, worker)
                    shared.finish(index, result, finished)
                }
                done.signal()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        for _ in 0..<workers { done.wait() }
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

        func next(of count: Int) -> Int? {
            state.withLock { state in
                guard !state.stopped, state.next < count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func finish(_ index: Int, _ result: Result, _ finished: (Int, Result) -> Bool) {
            state.withLock { state in
                state.results[index] = result
                if !finished(index, result) { state.stopped = true }
            }
        }
    }
}
