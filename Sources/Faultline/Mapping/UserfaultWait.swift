/// Why a fault is userspace's to serve: the mode that it meets.
public enum UserfaultReason: String, Sendable, Hashable {
    /// `VM_UFFD_MISSING`: nothing is there.
    case missing = "MISSING"
    /// `VM_UFFD_WP`: a write to what is write-protected.
    case writeProtected = "WP"
    /// `VM_UFFD_MINOR`: the file has the page, the page table does not.
    case minor = "MINOR"
}

/// A change of an address space that a reader of its userfaultfd is told (`struct uffd_msg`).
public enum UserfaultNotice: Sendable, Hashable {
    /// UFFD_EVENT_FORK.
    case fork
    /// UFFD_EVENT_REMAP.
    case remap(from: VirtualAddress, to: VirtualAddress, length: UInt64)
    /// UFFD_EVENT_REMOVE.
    case remove(VirtualAddress, VirtualAddress)
    /// UFFD_EVENT_UNMAP.
    case unmap(VirtualAddress, VirtualAddress)
}

/// What a process sleeps for (`struct userfaultfd_wait_queue`).
struct UserfaultWait {
    /// What it waits for.
    enum Kind {
        /// A page: the mode, the address that the message names, and how the fault is made.
        case fault(UserfaultReason, message: VirtualAddress, FaultAttempt)
        /// That someone reads the event.
        case event
    }

    /// Whose reader wakes it; nil once that is closed.
    var context: Handle<UserfaultContext>?
    let kind: Kind
    /// `waken`: it runs on with the next statement.
    var isWoken = false
}

/// A fault that is made anew when its process wakes.
struct FaultAttempt {
    /// The byte that is accessed.
    let address: VirtualAddress
    let isWrite: Bool
    let isFetch: Bool
    /// By the program itself.
    let isUser: Bool
}

/// An event that waits for a reader.
struct UserfaultEvent {
    let context: Handle<UserfaultContext>
    let notice: UserfaultNotice
    /// The process that waits until it is read.
    let process: Int
    /// UFFD_EVENT_FORK: the child's own.
    let child: Handle<UserfaultContext>?
}

/// The userfaultfds of a machine, and who waits for them.
struct UserfaultState {
    /// All that are open, and those of children that nobody has read of yet.
    var contexts: [Handle<UserfaultContext>] = []
    /// Processes that sleep, or are about to run on, by their index.
    var sleepers: [Int] = []
    /// `event_wqh`: the oldest first.
    var events: [UserfaultEvent] = []
    /// What the present call has still to do before it returns.
    var steps: [CallStep] = []
    /// Address spaces of children whose fork waits.
    var unborn: [Handle<MMStruct>] = []
}
