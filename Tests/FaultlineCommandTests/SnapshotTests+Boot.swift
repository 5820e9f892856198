/// What `faultline boot` prints, and what the other commands print of a booted machine.
extension SnapshotTests {
    static let bootCases = [
        Case("boot", "boot --e820 dmesg.txt"),
        Case("boot-steps", "boot --e820 dmesg.txt --steps mem=1G initrdmem=0x10000000,8M cma=16M nr_cpus=2"),
        Case("boot-nodes", "boot --e820 dmesg.txt --node 0-0xbfffffff --node 0x100000000-0x63fffffff kernelcore=8G"),
        Case("boot-nodes-overlap", "boot --e820 dmesg.txt --node 0-0xbfffffff --node 0x80000000-0x63fffffff"),
        Case("boot-two-boots", "boot --e820 two.txt"),
        Case("boot-mirror", "boot --e820 dmesg.txt kernelcore=mirror"),
        Case("boot-no-map", "boot --e820 cow.fl"),
        Case("boot-no-source", "boot movablecore=1G"),
        Case(
            "cat-booted-zoneinfo",
            "cat --e820 dmesg.txt --boot movablecore=4G --boot numa=fake=2 --boot nr_cpus=2 --sysctl kernel_objects=1 cow.fl "
                + "/proc/zoneinfo"),
        Case("cat-booted-numa-maps", "cat --ram 1G --boot numa=fake=2 cow.fl /proc/c/numa_maps"),
        Case("cat-kernel-vmstat", "cat --sysctl kernel_objects=1 disk.fl /proc/vmstat"),
        Case(
            "cat-reserve-ratio",
            ["cat", "--sysctl", "vm.lowmem_reserve_ratio=128 64", "cow.fl", "/proc/sys/vm/lowmem_reserve_ratio"]),
        Case("run-booted", "run --e820 two.txt --meminfo cow.fl"),
        Case("run-booted-ram", "run --ram 1G --e820 dmesg.txt cow.fl"),
        Case("run-booted-nodes", "run --ram 1G --node 0-0xfffffff cow.fl"),
        Case("run-boot-unknown", "run --boot quiet cow.fl"),
        Case("check-booted", "check --boot numa=fake=2 cow.fl"),
    ]

    /// A virtual machine's of 24 GiB, and a file with a log behind another one, whose map has kinds that are rare.
    static let bootFiles = [
        "dmesg.txt": """
        [    0.000000] BIOS-provided physical RAM map:
        [    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
        [    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x00000000000fffff] reserved
        [    0.000000] BIOS-e820: [mem 0x0000000000100000-0x00000000bfffffff] usable
        [    0.000000] BIOS-e820: [mem 0x00000000eec00000-0x00000000febfffff] reserved
        [    0.000000] BIOS-e820: [mem 0x0000000100000000-0x000000063fffffff] usable
        [    0.000000] NX (Execute Disable) protection: active

        """,
        "two.txt": """
        BIOS-provided physical RAM map:
        BIOS-e820: [mem 0x0000000000000000-0x000000003fffffff] usable
        BIOS-provided physical RAM map:
        BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
        BIOS-e820: [mem 0x0000000000100000-0x000000001fffffff] usable
        BIOS-e820: [mem 0x0000000020000000-0x0000000020ffffff] ACPI NVS
        BIOS-e820: [mem 0x0000000021000000-0x0000000021ffffff] persistent (type 7)
        BIOS-e820: [mem 0x0000000022000000-0x0000000022ffffff] type 20

        """,
    ]
}
