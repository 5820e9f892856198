/// A text as /proc/PID/smaps has it, for tests of several modules.
public enum SampleSmaps {
    /// Private memory that fork copies, private memory that it leaves out (`dc`), and shared memory whose file has a name of special letters.
    public static let text = """
        400000-404000 rw-p 00000000 00:00 0      [heap]
        Rss: 8 kB
        Anonymous: 8 kB
        VmFlags: rd wr mr mw me ac
        7f0000000000-7f0000004000 rw-p 00000000 00:00 0
        Rss: 16 kB
        Anonymous: 16 kB
        VmFlags: rd wr mr mw me dc ac
        7f0000004000-7f0000008000 rw-s 00000000 00:01 17      /memfd:<box> & "co"
        Rss: 12 kB
        VmFlags: rd wr sh mr mw me ms

        """
}
