import Faultline

extension CallTable {
    /// System V shared memory. Programs have a namespace of segments of their own.
    static let segments: [CallDefinition] = [
        CallDefinition(
            "shmget", ["key", "size", "flags"], result: .ok, number: 29,
            about: "shmget(2): NAME is the segment's id. Numbers are not octal: 384 is 0600.",
            example: "s = shmget(IPC_PRIVATE, 16K, IPC_CREAT|384)",
            value: { try $0.machine.shmget($0.process, key: $0[0], size: $0[1], flags: $0[2]) }),
        CallDefinition(
            "shmat", ["id", "addr", "flags"], number: 30,
            about: "shmat(2): the result is the address.", example: "p = shmat(s, 0, SHM_RDONLY)",
            value: { try $0.machine.shmat($0.process, id: $0.int(0), $0[1], flags: $0[2]) }),
        CallDefinition(
            "shmdt", ["addr"], number: 67,
            about: "shmdt(2).", example: "shmdt(p)", done: { try $0.machine.shmdt($0.process, $0[0]) }),
        CallDefinition(
            "shmctl", ["id", "cmd", "buf"], number: 31,
            about: "shmctl(2): IPC_RMID, SHM_LOCK, SHM_UNLOCK and the others.", example: "shmctl(s, IPC_RMID, 0)",
            value: { try $0.machine.shmctl($0.process, id: $0.int(0), command: $0.int(1), buffer: $0[2]) }),
    ]
}
