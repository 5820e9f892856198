/* Every call that does not need a window, with what Linux answers. Built as C11 and as C++17. */
#include "check.h"

#define PAGE 4096u

static faultline_machine *machine;
static faultline_process *process;

static uint64_t map(uint64_t length, uint32_t flags, int32_t fd) {
    uint64_t address = 0;
    OK(faultline_mmap(process, 0, length, FAULTLINE_PROT_READ | FAULTLINE_PROT_WRITE, flags, fd, 0, &address));
    return address;
}

static uint64_t minor_faults(faultline_process *p) {
    uint64_t minor = 0, major = 0;
    OK(faultline_fault_counts(p, &minor, &major));
    return minor;
}

static void test_mappings(void) {
    const uint32_t anonymous = FAULTLINE_MAP_PRIVATE | FAULTLINE_MAP_ANONYMOUS;
    const uint64_t a = map(16 * PAGE, anonymous, -1);
    uint64_t b = 0, end = 0;
    uint8_t vector[16];
    for (unsigned i = 0; i < 4; i++) OK(faultline_store(process, a + i * PAGE, 7));
    OK(faultline_mincore(process, a, 16 * PAGE, vector, sizeof vector));
    CHECK(vector[0] == 1 && vector[3] == 1 && vector[4] == 0);
    IS(FAULTLINE_BAD_ARGUMENT, faultline_mincore(process, a, 16 * PAGE, vector, 15));
    OK(faultline_mprotect(process, a, PAGE, FAULTLINE_PROT_READ));
    IS(FAULTLINE_FAULT, faultline_store(process, a, 1));
    CHECK(faultline_last_error()->signal == 11 && faultline_last_error()->signal_code == 2);
    CHECK(faultline_last_error()->address == a);
    OK(faultline_madvise(process, a + PAGE, PAGE, 4));
    uint8_t byte = 9;
    OK(faultline_load(process, a + PAGE, &byte));
    CHECK(byte == 0);
    OK(faultline_mlock(process, a, PAGE, 1));
    OK(faultline_munlock(process, a, PAGE));
    OK(faultline_mremap(process, a + 8 * PAGE, 8 * PAGE, 4 * PAGE, 0, 0, &b));
    CHECK(b == a + 8 * PAGE);
    OK(faultline_munmap(process, a, 16 * PAGE));
    IS(FAULTLINE_FAULT, faultline_load(process, a, &byte));
    CHECK(faultline_last_error()->signal == 11 && faultline_last_error()->signal_code == 1);
    IS(FAULTLINE_ERRNO, faultline_munmap(process, a + 1, PAGE));
    CHECK(faultline_last_error()->error_number == 22 && strstr(faultline_last_error()->message, "EINVAL"));
    OK(faultline_brk(process, 0, &end));
    OK(faultline_brk(process, end + 4 * PAGE, &b));
    CHECK(b == end + 4 * PAGE);
    const uint64_t c = map(PAGE, anonymous | FAULTLINE_MAP_POPULATE | FAULTLINE_MAP_NORESERVE, -1);
    OK(faultline_mseal(process, c, PAGE));
    IS(FAULTLINE_ERRNO, faultline_munmap(process, c, PAGE));
    CHECK(faultline_last_error()->error_number == 1);
    const uint32_t others = FAULTLINE_MAP_FIXED | FAULTLINE_MAP_GROWSDOWN | FAULTLINE_MAP_LOCKED;
    OK(faultline_mmap(process, 0x200000000000, PAGE, FAULTLINE_PROT_NONE | FAULTLINE_PROT_EXEC, anonymous | others, -1, 0, &b));
    CHECK(b == 0x200000000000);
}

static void test_many_accesses(void) {
    const uint64_t a = map(4 * PAGE, FAULTLINE_MAP_PRIVATE | FAULTLINE_MAP_ANONYMOUS, -1);
    OK(faultline_munmap(process, a + 3 * PAGE, PAGE));
    const uint64_t accesses[] = {
        FAULTLINE_ACCESS(a + 5, FAULTLINE_WRITE), FAULTLINE_ACCESS(a + 6, FAULTLINE_READ), a + PAGE,
        FAULTLINE_ACCESS(a + 3 * PAGE + 1, FAULTLINE_READ), a};
    uint64_t results[5];
    size_t made = 99;
    const uint64_t before = minor_faults(process);
    IS(FAULTLINE_FAULT, faultline_access(process, accesses, 5, results, &made));
    CHECK(made == 3 && faultline_last_error()->address == a + 3 * PAGE + 1 && faultline_last_error()->signal == 11);
    CHECK(minor_faults(process) == before + 2);
    CHECK(FAULTLINE_FOUND(results[0]) == 6 && FAULTLINE_FOUND(results[1]) == 0 && FAULTLINE_FOUND(results[2]) == 6);
    CHECK(FAULTLINE_PHYSICAL(results[1]) == FAULTLINE_PHYSICAL(results[0]) + 1);
    OK(faultline_access(process, accesses + 4, 1, NULL, NULL));
    const uint64_t wrong = a | 1ull << 50;
    IS(FAULTLINE_BAD_ARGUMENT, faultline_access(process, &wrong, 1, NULL, &made));
    CHECK(made == 0 && strstr(faultline_last_error()->message, "FAULTLINE_ACCESS"));
    OK(faultline_munmap(process, a, 3 * PAGE));
}

static void test_files(void) {
    int32_t fd = -1, disk = -1;
    OK(faultline_memfd_create(process, "box", 0, &fd));
    OK(faultline_ftruncate(process, fd, 4 * PAGE));
    const uint64_t shared = map(4 * PAGE, FAULTLINE_MAP_SHARED, fd);
    char text[6] = "";
    OK(faultline_write(process, shared + PAGE - 3, "hello", 6));
    OK(faultline_read(process, shared + PAGE - 3, text, sizeof text));
    CHECK(strcmp(text, "hello") == 0);
    OK(faultline_msync(process, shared, 4 * PAGE, 4));
    OK(faultline_disk_file(process, "data", 8 * PAGE, &disk));
    OK(faultline_fadvise(process, disk, 0, 0, 4));
    IS(FAULTLINE_ERRNO, faultline_fadvise(process, disk, 0, 0, 99));
    const uint64_t file = map(8 * PAGE, FAULTLINE_MAP_PRIVATE, disk);
    uint64_t minor = 0, before = 0, major = 0;
    OK(faultline_fault_counts(process, &minor, &before));
    OK(faultline_read(process, file, text, 1));
    OK(faultline_fault_counts(process, &minor, &major));
    CHECK(major == before + 1);
    IS(FAULTLINE_FAULT, faultline_read(process, shared + 4 * PAGE - 1 + PAGE * 100000ull, text, 2));
    OK(faultline_ftruncate(process, fd, 0));
    IS(FAULTLINE_FAULT, faultline_write(process, shared, "x", 1));
    CHECK(faultline_last_error()->signal == 7);
    OK(faultline_close(process, disk));
    IS(FAULTLINE_ERRNO, faultline_close(process, disk));
    CHECK(faultline_last_error()->error_number == 9);
}

static void test_fork(void) {
    const uint64_t a = map(4 * PAGE, FAULTLINE_MAP_PRIVATE | FAULTLINE_MAP_ANONYMOUS, -1);
    OK(faultline_write(process, a, "parent", 7));
    faultline_process *child = NULL;
    OK(faultline_fork(process, &child));
    faultline_page ours = FAULTLINE_PAGE_INIT, theirs = FAULTLINE_PAGE_INIT;
    OK(faultline_page_at(process, a + 5, &ours));
    OK(faultline_page_at(child, a + 5, &theirs));
    CHECK(ours.present && ours.physical_address == theirs.physical_address && ours.page_bytes == PAGE);
    CHECK(ours.physical_address % PAGE == 5 && (ours.entry & 1));
    const uint64_t before = minor_faults(child);
    OK(faultline_write(child, a, "child", 6));
    CHECK(minor_faults(child) == before + 1);
    OK(faultline_page_at(child, a + 5, &theirs));
    CHECK(ours.physical_address != theirs.physical_address);
    char text[7];
    OK(faultline_read(process, a, text, sizeof text));
    CHECK(strcmp(text, "parent") == 0);
    OK(faultline_page_at(process, a + 3 * PAGE, &ours));
    CHECK(!ours.present && ours.entry == 0);
    IS(FAULTLINE_BAD_ARGUMENT, faultline_page_at(process, UINT64_MAX, &ours));
    int32_t alive = -1;
    OK(faultline_is_alive(child, &alive));
    CHECK(alive == 1);
    OK(faultline_exit(child));
    OK(faultline_is_alive(child, &alive));
    CHECK(alive == 0 && minor_faults(child) == before + 1);
    IS(FAULTLINE_ERRNO, faultline_exit(child));
    CHECK(faultline_last_error()->error_number == 3);
}

static void test_views(void) {
    char *text = NULL;
    faultline_figures figures = FAULTLINE_FIGURES_INIT;
    OK(faultline_process_figures(process, &figures));
    CHECK(figures.rss_kib == figures.anonymous_kib + figures.file_kib + figures.shmem_kib);
    CHECK(figures.minor_faults > 0 && figures.vma_count > 3 && figures.size_kib > figures.rss_kib);
    OK(faultline_process_maps(process, &text));
    CHECK(strstr(text, "[stack]") && strstr(text, "[heap]"));
    faultline_free(text);
    OK(faultline_process_smaps(process, &text));
    CHECK(strstr(text, "\nRss:  ") && strstr(text, "\nVmFlags: rd wr mr mw me"));
    faultline_free(text);
    OK(faultline_process_status(process, &text));
    CHECK(strstr(text, "VmRSS:\t"));
    faultline_free(text);
    OK(faultline_machine_meminfo(machine, &text));
    CHECK(strstr(text, "MemFree:"));
    faultline_free(text);
    OK(faultline_machine_trace(machine, 1));
    OK(faultline_store(process, map(PAGE, FAULTLINE_MAP_PRIVATE | FAULTLINE_MAP_ANONYMOUS, -1), 1));
    OK(faultline_machine_take_events(machine, &text));
    CHECK(strstr(text, "process 0: page_mapped "));
    faultline_free(text);
    OK(faultline_machine_trace(machine, 0));
    OK(faultline_machine_take_events(machine, &text));
    CHECK(strcmp(text, "") == 0);
    faultline_free(text);
    OK(faultline_machine_check(machine, &text));
    CHECK(text == NULL);
    faultline_free(NULL);
}

int main(void) {
    CHECK(faultline_api_version() == FAULTLINE_API_VERSION);
    faultline_machine_options options = FAULTLINE_MACHINE_OPTIONS_INIT;
    options.ram_bytes = 64u << 20;
    options.settings = "vm.overcommit_memory=1 vm.max_map_count=1000";
    OK(faultline_machine_create(&options, &machine));
    OK(faultline_spawn(machine, &process));
    test_mappings();
    test_many_accesses();
    test_files();
    test_fork();
    test_views();
    OK(faultline_machine_destroy(machine));
    printf("calls: all is well\n");
    return 0;
}
