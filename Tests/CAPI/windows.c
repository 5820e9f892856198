/* Windows: touches become faults of the simulated kernel, refused ones come back. Built as C11 and as C++17. */
#include "check.h"

#include <unistd.h>

#define PAGE 4096u
#define PAGES 64u

static volatile unsigned char *bytes;
static unsigned char sum;

static void write_all(void *count) {
    for (unsigned i = 0; i < *(unsigned *)count; i++) bytes[i * PAGE] = (unsigned char)i;
}

static void read_all(void *count) {
    for (unsigned i = 0; i < *(unsigned *)count; i++) sum = (unsigned char)(sum + bytes[i * PAGE]);
}

static uint64_t minor_faults(faultline_process *p) {
    uint64_t minor = 0, major = 0;
    OK(faultline_fault_counts(p, &minor, &major));
    return minor;
}

static void test_refused(faultline_process *process, faultline_window *window, uint64_t address) {
    unsigned count = PAGES;
    OK(faultline_mprotect(process, address + 8 * PAGE, PAGE, FAULTLINE_PROT_READ));
    IS(FAULTLINE_FAULT, faultline_window_run(window, write_all, &count));
    CHECK(faultline_last_error()->signal == 11 && faultline_last_error()->signal_code == 2);
    CHECK(faultline_last_error()->address == address + 8 * PAGE);
    OK(faultline_munmap(process, address + 9 * PAGE, PAGE));
    IS(FAULTLINE_FAULT, faultline_window_run(window, read_all, &count));
    CHECK(faultline_last_error()->signal_code == 1);
    CHECK(strstr(faultline_last_error()->message, "SEGV_MAPERR"));
    /* A system call of this computer finds what is shown only. */
    int pipe_ends[2];
    CHECK(pipe(pipe_ends) == 0 && write(pipe_ends[1], "hello", 5) == 5);
    OK(faultline_window_populate(window, address + 20 * PAGE, 2 * PAGE, FAULTLINE_WRITE));
    CHECK(read(pipe_ends[0], (void *)(uintptr_t)(bytes + 21 * PAGE - 2), 5) == 5);
    CHECK(bytes[21 * PAGE] == 'l');
    IS(FAULTLINE_FAULT, faultline_window_populate(window, address + 9 * PAGE, PAGE, FAULTLINE_EXECUTE));
}

static void test_call_sites(faultline_machine *machine, faultline_window *window) {
    char *text = NULL;
    unsigned count = 8;
    OK(faultline_call_sites_start(machine, 0));
    OK(faultline_window_run(window, write_all, &count));
    OK(faultline_call_sites_text(machine, 0, &text));
    CHECK(strstr(text, "faults by call site"));
    faultline_free(text);
    OK(faultline_call_sites_collapsed(machine, &text));
    CHECK(strchr(text, ';'));
    faultline_free(text);
    OK(faultline_call_sites_json(machine, &text));
    CHECK(text[0] == '{' && strstr(text, "\"sites\""));
    faultline_free(text);
    OK(faultline_call_sites_stop(machine));
}

int main(void) {
    faultline_machine *machine = NULL;
    faultline_process *process = NULL, *child = NULL;
    faultline_window *window = NULL, *second = NULL;
    void *base = NULL, *other = NULL;
    uint64_t address = 0;
    unsigned count = PAGES;
    OK(faultline_machine_create(NULL, &machine));
    OK(faultline_spawn(machine, &process));
    OK(faultline_mmap(process, 0, PAGES * PAGE, 3, 0x22, -1, 0, &address));
    OK(faultline_window_open(process, address, PAGES * PAGE, NULL, &window, &base));
    bytes = (volatile unsigned char *)base;
    const uint64_t before = minor_faults(process);
    OK(faultline_window_run(window, write_all, &count));
    CHECK(minor_faults(process) == before + PAGES);
    uint8_t byte = 0;
    OK(faultline_load(process, address + 7 * PAGE, &byte));
    CHECK(byte == 7);
    /* The child's window shows the same bytes; a write there is the child's own. */
    faultline_window_options anywhere = FAULTLINE_WINDOW_OPTIONS_INIT;
    anywhere.any_address = 1;
    OK(faultline_fork(process, &child));
    OK(faultline_window_open(child, address, PAGES * PAGE, &anywhere, &second, &other));
    CHECK(other != base && ((volatile unsigned char *)other)[7 * PAGE] == 7);
    ((volatile unsigned char *)other)[7 * PAGE] = 99;
    CHECK(bytes[7 * PAGE] == 7 && minor_faults(child) == 1);
    faultline_window_figures figures = FAULTLINE_WINDOW_FIGURES_INIT;
    OK(faultline_window_statistics(second, &figures));
    CHECK(figures.touches >= 2 && figures.shown_pages > 0 && figures.evicted_pages == 0);
    OK(faultline_exit(child));
    test_call_sites(machine, window);
    test_refused(process, window, address);
    OK(faultline_window_close(second));
    OK(faultline_machine_destroy(machine));
    printf("windows: all is well\n");
    return 0;
}
