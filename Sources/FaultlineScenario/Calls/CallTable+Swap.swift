import Faultline

extension CallTable {
    /// Swap, and the kernel's settings that it has.
    static let swap: [CallDefinition] = [
        CallDefinition(
            "swapon", ["SIZE", .optionalText("KIND", among: ["zram"])], result: .ok, faults: .never,
            about: """
                A new swap area of SIZE, the only one: a file on the disk, or with `"zram"` a device of compressed memory. Its first page is the \
                header; slots count from 1. EBUSY where one is on. The disk counts as rotating: read-ahead goes by slots, and begins with a \
                window of 1 whose last cold read was slot 251. On compressed memory a write ends at once, and a slot that one entry names is \
                read past the swap cache. While an area is on, every statement, and every access of `read_pages` and `write_pages`, begins when \
                the disk is quiet and no page waits in a batch for the LRU lists. On the live kernel such a program runs while no other one \
                does, and takes root.
                """,
            example: "swapon(64M)",
            done: { try $0.machine.swapOn(bytes: $0[0], compressed: $0.call.texts.first == "zram") }),
        CallDefinition(
            "swapoff", result: .ok, faults: .never,
            about: "Takes the swap area away; every page comes back first. EINVAL where none is on.",
            example: "swapoff()",
            done: { try $0.machine.swapOff() }),
        CallDefinition(
            "swap_used", faults: .never, about: "The slots of the swap area that are in use; 0 without one.",
            example: "swap_used()", value: { $0.machine.usedSwapSlots }),
        CallDefinition(
            "setting", [.text("FILE", among: settingFiles), .text("VALUE")], result: .ok, faults: .never,
            about: """
                Writes VALUE into a file of the kernel's settings, under /proc/sys for `vm/page-cluster` (read-ahead of the swap area is at most \
                2^VALUE pages; 3 at the start) and `kernel/numa_balancing` (0 is off, as at the start), and under /sys/kernel/mm for the others: `swap/vma_ra_enabled` (`false`: read-ahead on compressed \
                memory goes by slots too), and those of huge pages, in `transparent_hugepage`, with SIZE from 16 to 2048 in `hugepages-SIZEkB`, and \
                those of samepage merging, in `ksm`. EINVAL for a value that the file does not take; EBUSY for `ksm/max_page_sharing` and \
                `ksm/merge_across_nodes` while pages are merged. On the live kernel such a program runs while no other one \
                does, and takes root; the setting is put back at its end.
                """,
            example: "setting(\"transparent_hugepage/enabled\", \"always\")",
            done: {
                let (file, value) = ($0.call.texts[0], $0.call.texts[1])
                if try $0.machine.setHugePageFile(file, value) { return }
                if try $0.machine.setMergingFile(file, value) { return }
                if try $0.machine.setBalancing(file, value) { return }
                _ = try $0.machine.setSwapSetting(file, value)
            }),
        CallDefinition(
            "khugepaged_scan", result: .ok, faults: .never,
            about: """
                khugepaged goes twice over the address spaces that it knows, in the order in which they came to it, and makes huge pages where its \
                limits allow it.
                """,
            example: "khugepaged_scan()", done: { $0.machine.scanForHugePages() }),
    ]
}
