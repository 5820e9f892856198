/// Who sleeps for a userfaultfd, and what wakes it (`fs/userfaultfd.c`).
extension Machine {
    /// `new_userfaultfd`: one that serves an address space.
    func makeUserfault(
        _ mm: Handle<MMStruct>, isNonBlocking: Bool, isUserModeOnly: Bool
    ) -> Handle<UserfaultContext> {
        let context = userfaultContexts.allocate(
            UserfaultContext(mm: mm, isNonBlocking: isNonBlocking, isUserModeOnly: isUserModeOnly))
        userfaults.contexts.append(context)
        return context
    }

    /// `wake_userfault`: those who wait for a page of a range run on.
    func wakeUserfault(_ context: Handle<UserfaultContext>, _ start: VirtualAddress, _ length: UInt64) {
        for index in userfaults.sleepers {
            guard let wait = processes[index].wait, wait.context == context,
                case .fault(_, let message, _) = wait.kind, message &- start < length
            else { continue }
            processes[index].wait?.isWoken = true
        }
    }

    /// Has the present call tell a reader before it returns.
    func tellLater(
        _ context: Handle<UserfaultContext>, _ notice: UserfaultNotice, child: Handle<UserfaultContext>? = nil
    ) {
        context.pointee.changing += 1
        userfaults.steps.append(.tell(context, notice, child: child))
    }

    /// The process sleeps from now on.
    func sleep(_ task: Process, _ wait: UserfaultWait) {
        task.wait = wait
        userfaults.sleepers.append(task.index)
        userfaults.sleepers.sort()
    }

    /// The process is awake.
    func stopSleeping(_ task: Process) {
        task.wait = nil
        userfaults.sleepers.removeAll { $0 == task.index }
    }

    /// `atomic_dec(&ctx->mmap_changing)` of an event that was read, or will never be. Frees what nobody has any more.
    func forgetTold(_ context: Handle<UserfaultContext>) {
        context.pointee.changing -= 1
        freeUserfault(context)
    }

    /// `userfaultfd_ctx_put`: what is closed goes with its last event.
    private func freeUserfault(_ context: Handle<UserfaultContext>) {
        guard context.pointee.isReleased, context.pointee.changing == 0 else { return }
        userfaults.contexts.removeAll { $0 == context }
        userfaultContexts.deallocate(context)
    }

    /// `userfaultfd_release`: its memory is no longer registered, and those who sleep for it run on.
    func releaseUserfault(_ context: Handle<UserfaultContext>) {
        context.pointee.isReleased = true
        if let mm = context.pointee.mm {
            var address: VirtualAddress = 0
            while let vma = findVMA(mm, address) {
                address = vma.pointee.end
                guard vma.pointee.userfault == context else { continue }
                passingOver { () throws(Errno) in try clearUserfault(vma, vma.pointee.start, address) }
            }
        }
        for index in userfaults.sleepers where processes[index].wait?.context == context {
            processes[index].wait?.isWoken = true
            processes[index].wait?.context = nil
        }
        let unread = userfaults.events.filter { $0.context == context }
        userfaults.events.removeAll { $0.context == context }
        for event in unread {
            if let child = event.child { dropChildUserfault(child) }
            context.pointee.changing -= 1
        }
        freeUserfault(context)
    }

    /// The child's userfaultfd goes that nobody will ever read of; its memory is no longer registered.
    func dropChildUserfault(_ context: Handle<UserfaultContext>) {
        if let mm = context.pointee.mm {
            var cursor = mm.pointee.tree.cursor()
            while let vma = cursor.next() {
                if vma.pointee.userfault == context { resetUserfault(vma) }
            }
        }
        context.pointee.isReleased = true
        freeUserfault(context)
    }

    /// An address space goes: its userfaultfds serve nothing any more.
    func forgetUserfaults(of mm: Handle<MMStruct>) {
        for context in userfaults.contexts where context.pointee.mm == mm { context.pointee.mm = nil }
    }

    // MARK: VMAs

    /// `userfaultfd_reset_ctx`.
    func resetUserfault(_ vma: Handle<VMArea>) {
        vma.pointee.userfault = nil
        vma.pointee.flags.subtract(.userfault)
    }

    /// `userfaultfd_clear_vma`: a part of a VMA is no longer registered; nothing in it is write-protected.
    ///
    /// - Returns: the VMA that holds the part now. - Throws: ENOMEM at the limit of VMAs.
    @discardableResult
    func clearUserfault(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress
    ) throws(Errno) -> Handle<VMArea> {
        if vma.pointee.flags.has(.userfaultWP) { protectEntries(vma, start, end, userfault: .resolve) }
        let flags = vma.pointee.flags.removing(.userfault)
        let target = try modifyVMA(vma, start, end, flags: flags, userfault: nil)
        resetUserfault(target)
        return target
    }

    /// `userfaultfd_register_range` of a part of one VMA.
    ///
    /// - Returns: the VMA that holds the part now. - Throws: ENOMEM at the limit of VMAs.
    func setUserfault(
        _ vma: Handle<VMArea>, _ start: VirtualAddress, _ end: VirtualAddress, _ context: Handle<UserfaultContext>,
        _ modes: VMFlags
    ) throws(Errno) -> Handle<VMArea> {
        let flags = vma.pointee.flags.removing(.userfault).adding(modes)
        let target = try modifyVMA(vma, start, end, flags: flags, userfault: context)
        target.pointee.flags = flags.union(target.pointee.flags.intersection(.maybeGuard))
        target.pointee.userfault = context
        return target
    }

    /// `userfaultfd_wp_async`.
    func isAsynchronous(_ vma: Handle<VMArea>) -> Bool {
        vma.pointee.userfault?.pointee.features.contains(.asynchronous) ?? false
    }

    /// `userfaultfd_wp_use_markers`: pages that are not there can be write-protected too.
    func usesMarkers(_ vma: Handle<VMArea>) -> Bool {
        guard vma.pointee.flags.has(.userfaultWP) else { return false }
        return !vma.pointee.isAnonymous || (vma.pointee.userfault?.pointee.features.contains(.unpopulated) ?? false)
    }

    /// `vma_has_uffd_without_event_remap`: what moves loses registration and protection.
    func losesUserfault(_ vma: Handle<VMArea>) -> Bool {
        guard let context = vma.pointee.userfault else { return false }
        return !context.pointee.features.contains(.eventRemap)
    }
}
