import CShim
import Glibc
import Testing

/// Simulated RAM in a memory file.
struct SharedMemoryTests {
    private func withRAM(_ body: (inout fl_ram) -> Void) {
        var ram = fl_ram()
        precondition(fl_ram_create_shared(&ram, 64 << 12) == FL_OK)
        body(&ram)
        fl_ram_destroy(&ram)
    }

    @Test("has a file that reads the same bytes; RAM of its own has none")
    func hasFile() {
        withRAM { ram in
            let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0) }
            #expect(fl_ram_write(&ram, 5 << 12, bytes, 4096) == FL_OK)
            var read = [UInt8](repeating: 0, count: 4096)
            #expect(pread(ram.file, &read, 4096, 5 << 12) == 4096)
            #expect(read == bytes)
        }
        var ram = fl_ram()
        #expect(fl_ram_create(&ram, 64 << 12) == FL_OK)
        #expect(ram.file == -1)
        fl_ram_destroy(&ram)
        #expect(fl_ram_create_shared(&ram, 1) == FL_E_SIZE)
        #expect(ram.file == -1)
    }

    @Test("freed frames of a file are given back, and read zero")
    func givesBack() {
        withRAM { ram in
            let bytes = [UInt8](repeating: 9, count: 4096)
            #expect(fl_ram_write(&ram, 3 << 12, bytes, 4096) == FL_OK)
            #expect(fl_ram_give_back(&ram, [fl_frame_run(first: 3, count: 1)], 1) == FL_OK)
            var read = bytes
            #expect(fl_ram_read(&ram, 3 << 12, &read, 4096) == FL_OK)
            #expect(read.allSatisfy { $0 == 0 })
        }
    }

    @Test("frames are stored in the file and cleared there, whatever they held; private RAM says that it has none")
    func stores() {
        withRAM { ram in
            let bytes = (0..<3 * 4096).map { UInt8(truncatingIfNeeded: $0 / 7) }
            #expect(fl_ram_write(&ram, 0, [UInt8](repeating: 9, count: 64 << 12), 64 << 12) == FL_OK)
            #expect(fl_ram_store_frames(&ram, 4, 3, bytes) == FL_OK)
            // More than one write of the host.
            #expect(fl_ram_clear_frames(&ram, 20, 40) == FL_OK)
            var all = [UInt8](repeating: 0, count: 64 << 12)
            #expect(fl_ram_read(&ram, 0, &all, 64 << 12) == FL_OK)
            #expect(Array(all[(4 << 12)..<(7 << 12)]) == bytes)
            #expect(all[(20 << 12)..<(60 << 12)].allSatisfy { $0 == 0 })
            let rest = all[..<(4 << 12)] + all[(7 << 12)..<(20 << 12)] + all[(60 << 12)...]
            #expect(rest.allSatisfy { $0 == 9 })
            #expect(fl_ram_store_frames(&ram, 62, 3, bytes) == FL_E_RANGE)
            #expect(fl_ram_clear_frames(&ram, 63, 2) == FL_E_RANGE)
        }
        var ram = fl_ram()
        #expect(fl_ram_create(&ram, 64 << 12) == FL_OK)
        #expect(fl_ram_store_frames(&ram, 0, 1, [UInt8](repeating: 1, count: 4096)) == FL_E_HOST)
        #expect(fl_ram_clear_frames(&ram, 0, 1) == FL_E_HOST)
        fl_ram_destroy(&ram)
    }
}
