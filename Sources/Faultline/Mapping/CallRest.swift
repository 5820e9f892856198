/// A part of a call that may wait for a userfaultfd.
enum CallStep {
    /// Tells a reader, and waits until it has read (`userfaultfd_event_wait_completion`).
    case tell(Handle<UserfaultContext>, UserfaultNotice, child: Handle<UserfaultContext>?)
    /// `__mm_populate`; for mlock(2), errors count and have other names.
    case populate(VirtualAddress, VirtualAddress, forLock: Bool)
    /// `madvise_populate` of a range from an address on.
    case populateForAdvice(VirtualAddress, VirtualAddress, at: VirtualAddress, write: Bool)
    /// `madvise_walk_vmas` from an address on.
    case advise(AdvisedRange)
    /// The end of fork(2).
    case addChild(Handle<MMStruct>)
    /// process_vm_readv(2) and its like, from where it is.
    case transfer(ProcessTransfer)
    /// UFFDIO_COPY, whose source had to be faulted in.
    case fill(UserfaultFill)
    /// get_mempolicy(2) of the node of a page.
    case lookUpNode(NodeQuery)
    /// io_uring_register(2) of a buffer.
    case pin(PinRequest)
}

/// What is left of a call whose process waits.
struct CallRest {
    var steps: [CallStep]
    var answer: CallAnswer
}

/// What a call returns: its value, or an errno with what was done before it.
package struct CallAnswer: Equatable {
    /// The value; with an error, the bytes that were done.
    package var value: UInt64
    /// The errno of a call that failed.
    package var error: Errno?
    /// The nodes of get_mempolicy(2).
    package var nodes: UInt64

    /// A value, or an error after a part.
    package init(_ value: UInt64, error: Errno? = nil, nodes: UInt64 = 0) {
        self.value = value
        self.error = error
        self.nodes = nodes
    }

    /// The value. - Throws: the error.
    package func get() throws(Errno) -> UInt64 {
        if let error { throw error }
        return value
    }
}

/// A page whose node get_mempolicy(2) is asked for.
struct NodeQuery {
    let address: VirtualAddress
    /// The nodes of the policy in force there.
    let nodes: UInt64
    /// The process has waited for the page.
    var isBegun = false
}

/// A buffer that is registered with a ring; what of it is pinned already, the ring has (``Ring/gathered``).
struct PinRequest {
    /// The ring's number, and its descriptor.
    let ring: Int
    let descriptor: Int32
    let address: UInt64
    let length: UInt64
    /// The process has waited for a page.
    var isBegun = false
}

/// Where madvise(2) is in its range.
struct AdvisedRange {
    let first: VirtualAddress
    let end: VirtualAddress
    var start: VirtualAddress
    /// The number of the advice.
    let advice: Int32
    /// The first address where nothing is mapped.
    var hole: VirtualAddress?
    /// The reader knows that the pages at `start` go.
    var isTold = false
}

/// How UFFDIO_COPY and its like fill pages (`enum mfill_atomic_mode`).
struct UserfaultFill {
    enum Kind {
        case copy(source: VirtualAddress)
        case zeroPage
        case `continue`
        case poison
    }

    let kind: Kind
    let context: Handle<UserfaultContext>
    let start: VirtualAddress
    let length: UInt64
    let writeProtects: Bool
    let wakes: Bool
    var done: UInt64 = 0
    /// The source page could not be read without a fault: its copy is made outside of the lock, and then goes to its place.
    var copy: PFN?
}

/// One range of the caller's and one of another process's, for process_vm_readv(2) and process_vm_writev(2).
struct ProcessCopy {
    let local: VirtualAddress
    let remote: VirtualAddress
    let writes: Bool
    /// Bytes that the caller's range has still (`iov_iter_count`).
    var left: UInt64
    var done: UInt64 = 0
}

/// A copy under way, which may have to wait for a userfaultfd.
struct ProcessTransfer {
    /// The other process, by its index.
    let target: Int
    var copy: ProcessCopy
    /// Bytes of the other process's range.
    let length: UInt64
    /// The fault of the caller's own memory that it waits for.
    var attempt: FaultAttempt?
}
