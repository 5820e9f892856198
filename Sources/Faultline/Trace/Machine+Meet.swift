extension Machine {
    /// Notes that a program met something that the model lacks.
    @inline(never)
    func meet(_ lack: Unmodelled) {
        if everUnmodelled.insert(lack).inserted { metUnmodelled.append(lack) }
    }
}
