import Faultline

/// What a page is in a picture: its colour and its letter.
public enum PageKind: Int, CaseIterable, Sendable, Hashable {
    case zero
    case anonymous
    case copyOnWrite
    case file
    case sharedMemory
    case merged
    case huge
    case swapped
    case guardMarker
    case userfaultMarker

    /// The kind of an entry that is not empty.
    init(_ page: PageView) {
        switch page.content {
        case .zeroPage: self = .zero
        case .guardMarker: self = .guardMarker
        case .userfaultMarker, .poisonMarker: self = .userfaultMarker
        case .swapped: self = .swapped
        case .frame:
            if page.flags.contains(.ksm) {
                self = .merged
            } else if page.flags.contains(.thp) {
                self = .huge
            } else if page.isFile {
                self = page.flags.contains(.swapBacked) ? .sharedMemory : .file
            } else {
                self = page.mapCount > 1 ? .copyOnWrite : .anonymous
            }
        }
    }

    /// Its name in data, in classes of style sheets and in pictures.
    public var name: String {
        switch self {
        case .zero: "zero"
        case .anonymous: "anon"
        case .copyOnWrite: "cow"
        case .file: "file"
        case .sharedMemory: "shm"
        case .merged: "ksm"
        case .huge: "huge"
        case .swapped: "swap"
        case .guardMarker: "guard"
        case .userfaultMarker: "wp-mark"
        }
    }

    /// The letter that stands for it where colours do not tell enough.
    public var letter: String {
        switch self {
        case .zero: "0"
        case .anonymous: "A"
        case .copyOnWrite: "C"
        case .file: "F"
        case .sharedMemory: "M"
        case .merged: "K"
        case .huge: "H"
        case .swapped: "S"
        case .guardMarker: "G"
        case .userfaultMarker: "U"
        }
    }

    /// What a sentence calls it.
    public var short: String {
        switch self {
        case .zero: "zero page"
        case .anonymous: "anonymous"
        case .copyOnWrite: "anonymous, shared (COW)"
        case .file: "file page"
        case .sharedMemory: "shared memory"
        case .merged: "merged by KSM"
        case .huge: "huge"
        case .swapped: "swapped out"
        case .guardMarker: "guard marker"
        case .userfaultMarker: "userfaultfd mark"
        }
    }

    /// What a legend says of it.
    public var legend: String {
        switch self {
        case .zero: "the shared zero page"
        case .anonymous: "anonymous, mapped once"
        case .copyOnWrite: "anonymous, shared until someone writes (COW)"
        case .file: "a page of a file on disk"
        case .sharedMemory: "shared memory or tmpfs"
        case .merged: "merged by KSM"
        case .huge: "part of a huge page"
        case .swapped: "swapped out"
        case .guardMarker: "a guard marker"
        case .userfaultMarker: "a mark of a userfaultfd: protected or poisoned"
        }
    }
}
