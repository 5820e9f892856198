extension Machine {
    /// The CPUs of a node, as `cpulist` has them: `0-1,4`.
    package func cpuList(ofNode node: Int) -> String {
        let count = min(max(settings.presentCPUs, processors.count), 64)
        return NodeMask.text(
            (0..<count).reduce(0) { physical.node(ofCPU: $1) == node ? $0 | 1 << UInt64($1) : $0 })
    }
}
