import Foundation
import Testing

/// Small programs in C that the tests of `faultline exec` run, on this machine and on simulated memory.
enum ExecPrograms {
    /// Whether programs run so here: the kernel has all that it takes, and this user may use it.
    static let canRun: Bool = {
        let run = try? CommandRun.withFolder([:]) { try CommandRun(["exec", "--", "/bin/true"], in: $0) }
        return run?.status == 0
    }()

    /// Where a C compiler is.
    static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang", "/opt/swift/usr/bin/clang"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Writes N pages, forks, lets the child write them all and then the parent.
    static let cow = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/resource.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static long faults(void) { struct rusage u; getrusage(RUSAGE_SELF, &u); return u.ru_minflt; }
        static long write_all(volatile char *p, long n, int v) {
            long before = faults();
            for (long i = 0; i < n; i++) p[i * 4096] = v;
            return faults() - before;
        }
        int main(int c, char **v) {
            long n = atol(v[1]);
            volatile char *p = mmap(0, n * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            long first = write_all(p, n, 1);
            pid_t child = fork();
            if (child == 0) {
                long copied = write_all(p, n, 2);
                for (long i = 0; i < n; i++) if (p[i * 4096] != 2) _exit(1);
                if (c > 2) dprintf(1, "child %ld\\n", copied);
                _exit(0);
            }
            int status;
            waitpid(child, &status, 0);
            for (long i = 0; i < n; i++) if (p[i * 4096] != 1) return 1;
            long again = write_all(p, n, 3);
            if (c > 2) dprintf(1, "parent %ld %ld\\n", first, again);
            return status;
        }
        """

    /// Threads that fill memory of their own and add it up.
    static let threads = """
        #include <pthread.h>
        #include <stdio.h>
        #include <stdlib.h>
        static void *work(void *seed) {
            long sum = 0;
            for (int round = 0; round < 20; round++) {
                long *a = malloc(64 * 4096);
                for (int i = 0; i < 64 * 512; i++) a[i] = i ^ (long)seed;
                for (int i = 0; i < 64 * 512; i++) sum += a[i];
                free(a);
            }
            return (void *)sum;
        }
        int main(void) {
            pthread_t t[4];
            long sum = 0;
            for (long i = 0; i < 4; i++) pthread_create(&t[i], 0, work, (void *)i);
            for (int i = 0; i < 4; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
            printf("%ld\\n", sum);
        }
        """

    /// Signals that a program takes itself.
    static let signals = """
        #include <setjmp.h>
        #include <signal.h>
        #include <stdio.h>
        #include <sys/mman.h>
        static char *base;
        static sigjmp_buf back;
        static void caught(int s, siginfo_t *i, void *c) {
            printf("signal %d code %d at %ld\\n", s, i->si_code, (long)((char *)i->si_addr - base));
            siglongjmp(back, 1);
        }
        static void touch(long at, int writes) {
            if (sigsetjmp(back, 1)) return;
            volatile char *p = base + at;
            if (writes) *p = 1; else (void)*p;
            printf("fine\\n");
        }
        int main(void) {
            struct sigaction a = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
            sigaction(SIGSEGV, &a, 0);
            base = mmap(0, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            base[0] = base[4096] = base[8192] = 7;
            mprotect(base + 4096, 4096, PROT_READ);
            munmap(base + 8192, 4096);
            mprotect(base + 12288, 4096, PROT_NONE);
            touch(0, 1); touch(4096, 0); touch(4097, 1); touch(8195, 0); touch(12290, 0);
            mprotect(base + 4096, 4096, PROT_READ | PROT_WRITE);
            touch(4097, 1);
            madvise(base, 4096, MADV_DONTNEED);
            printf("%d %d\\n", base[0], base[4096]);
        }
        """

    /// A program that writes over the assistant's mailbox, and goes on to use memory.
    static let vandal = """
        #include <stdlib.h>
        #include <string.h>
        int main(void) {
            memset((void *)0x101000, 0xff, 4096);
            for (int i = 0; i < 100; i++) memset(malloc(100000), i, 100000);
            return 0;
        }
        """

    /// A call of 32-bit Linux: getpid.
    static let oldCall = """
        #include <stdio.h>
        #include <unistd.h>
        int main(void) {
            int number;
            puts("before");
            fflush(stdout);
            __asm__ volatile("int $0x80" : "=a"(number) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
            if (number == getpid()) puts("after");
        }
        """

    /// Fills 24 MiB.
    static let hungry = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        int main(void) {
            for (int i = 0; i < 24; i++) {
                char *p = malloc(1 << 20);
                if (!p) return 3;
                memset(p, 1, 1 << 20);
            }
            puts("done");
        }
        """

    /// A thread reads each page at the time at which the other one lets the kernel write there.
    static let callsAndReaders = """
        #include <fcntl.h>
        #include <pthread.h>
        #include <stdatomic.h>
        #include <stdio.h>
        #include <sys/mman.h>
        #include <unistd.h>
        #define PAGES 600
        static char *area;
        static atomic_int turn;
        static void *reader(void *unused) {
            long sum = 0;
            for (int i = 0; i < PAGES; i++) {
                while (atomic_load(&turn) < i) {}
                sum += *(volatile char *)(area + i * 4096);
            }
            return (void *)sum;
        }
        int main(void) {
            pthread_t thread;
            int zero = open("/dev/zero", O_RDONLY), failed = 0;
            area = mmap(0, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            pthread_create(&thread, 0, reader, 0);
            for (int i = 0; i < PAGES; i++) {
                atomic_store(&turn, i);
                for (int k = 0; k < 200; k++) failed += read(zero, area + i * 4096 + 64, 64) != 64;
            }
            pthread_join(thread, 0);
            printf("%d calls failed\\n", failed);
        }
        """

    /// Functions that call each other and touch memory.
    static let chains = """
        #include <string.h>
        #include <sys/mman.h>
        #include <unistd.h>
        #define KEPT __attribute__((noinline))
        KEPT void fill(volatile char *p, int n) { for (int i = 0; i < n; i++) p[i * 4096] = 1; }
        KEPT void work(char *p, int n) {
            char room[100];
            memset(room, 1, sizeof room);
            fill(p, n);
            __asm__ volatile("" : : "r"(room) : "memory");
        }
        KEPT int deep(char *p, int n) {
            int result = 0;
            if (n > 3) result = deep(p, n - 1) + 1; else work(p, 50);
            __asm__ volatile("" : : : "memory");
            return result + 1;
        }
        int main(void) {
            char *p = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            int ends[2];
            work(p, 100);
            deep(p + (100 << 12), 6);
            if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1) return 1;
            return read(ends[0], p + (200 << 12), 1) != 1;
        }
        """

    /// Compiles a program in a folder. - Returns: its path. Where that cannot be done here, the test is cancelled and says why.
    static func compile(_ text: String, in folder: URL, options: [String] = []) throws -> String {
        guard let compiler else { try Test.cancel("there is no C compiler") }
        try Data(text.utf8).write(to: folder.appending(path: "program.c"))
        let line = "\(compiler) -O1 -o program \(options.joined(separator: " ")) program.c -lpthread"
        let run = try CommandRun(shell: line, in: folder)
        guard run.status == 0 else { try Test.cancel("the C compiler cannot build it: \(run.errors)") }
        return folder.appending(path: "program").path
    }
}
