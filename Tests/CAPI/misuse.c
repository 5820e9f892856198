/* Wrong use of the interface: each call says what is wrong, and nothing breaks. Built as C11 and as C++17. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static void body(void *argument) { *(int *)argument += 1; }

static void test_handles(faultline_machine *machine, faultline_process *process, faultline_window *window) {
    uint64_t number = 0;
    int32_t small = 0;
    void *place = NULL;
    char *text = NULL;
    faultline_process *other = NULL;
    faultline_machine *as_machine = (faultline_machine *)(void *)process;
    faultline_process *as_process = (faultline_process *)(void *)machine;
    /* None, of another kind, and numbers that never were handles. */
    faultline_process *const wrong[] = {NULL, as_process, (faultline_process *)(void *)window,
                                        (faultline_process *)(void *)&number, (faultline_process *)~(uintptr_t)0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        IS(FAULTLINE_BAD_HANDLE, faultline_fork(wrong[i], &other));
        IS(FAULTLINE_BAD_HANDLE, faultline_mmap(wrong[i], 0, 4096, 3, 0x22, -1, 0, &number));
        IS(FAULTLINE_BAD_HANDLE, faultline_store(wrong[i], 0, 1));
        IS(FAULTLINE_BAD_HANDLE, faultline_process_maps(wrong[i], &text));
    }
    IS(FAULTLINE_BAD_HANDLE, faultline_spawn(as_machine, &other));
    IS(FAULTLINE_BAD_HANDLE, faultline_machine_destroy(as_machine));
    IS(FAULTLINE_BAD_HANDLE, faultline_window_close((faultline_window *)(void *)process));
    IS(FAULTLINE_BAD_HANDLE, faultline_arena_allocate((faultline_arena *)(void *)window, 1, 0, &place));
    CHECK(other == NULL && number == 0 && place == NULL && text == NULL);
    /* Places for results. */
    IS(FAULTLINE_BAD_ARGUMENT, faultline_fork(process, NULL));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_mmap(process, 0, 4096, 3, 0x22, -1, 0, NULL));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_process_smaps(process, NULL));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_read(process, 0, NULL, 1));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_write(process, 0, NULL, 1));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_read(process, 0, &number, (size_t)-1));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_memfd_create(process, NULL, 0, &small));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_memfd_create(process, "\xff\xfe", 0, &small));
    faultline_figures figures = FAULTLINE_FIGURES_INIT;
    figures.size = 8;
    IS(FAULTLINE_BAD_ARGUMENT, faultline_process_figures(process, &figures));
}

static void test_options(void) {
    faultline_machine *machine = NULL;
    faultline_machine_options options = FAULTLINE_MACHINE_OPTIONS_INIT;
    options.ram_bytes = 4097;
    IS(FAULTLINE_BAD_ARGUMENT, faultline_machine_create(&options, &machine));
    options.ram_bytes = 0;
    options.settings = "vm.no_such=1";
    IS(FAULTLINE_BAD_ARGUMENT, faultline_machine_create(&options, &machine));
    CHECK(strstr(faultline_last_error()->message, "vm.max_map_count"));
    options.settings = NULL;
    options.size = 4;
    IS(FAULTLINE_BAD_ARGUMENT, faultline_machine_create(&options, &machine));
    options.size = sizeof options;
    options.protection_keys = 7;
    IS(FAULTLINE_BAD_ARGUMENT, faultline_machine_create(&options, &machine));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_machine_create(NULL, NULL));
    CHECK(machine == NULL);
}

static void test_windows(faultline_machine *machine, faultline_process *process, faultline_window *window, uint64_t address) {
    faultline_window *other = NULL;
    faultline_arena *arena = NULL;
    void *base = NULL, *block = NULL;
    char *text = NULL;
    size_t size = 0;
    IS(FAULTLINE_BAD_ARGUMENT, faultline_window_open(process, address + 1, 4096, NULL, &other, &base));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_window_open(process, UINT64_MAX, 4096, NULL, &other, &base));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_window_run(window, NULL, NULL));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_window_populate(window, address, 4096, 9));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_window_populate(window, 0, 4096, FAULTLINE_READ));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_arena_create(window, 0, 4096, &arena));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_call_sites_text(machine, 0, &text));
    OK(faultline_arena_create(window, address, 4 * 4096, &arena));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_arena_allocate(arena, 8, 3, &block));
    IS(FAULTLINE_FULL, faultline_arena_allocate(arena, 1 << 20, 0, &block));
    IS(FAULTLINE_FULL, faultline_arena_allocate(arena, (size_t)-1, 0, &block));
    OK(faultline_arena_allocate(arena, 8, 0, &block));
    OK(faultline_arena_free(arena, NULL));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_arena_free(arena, &size));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_arena_free(arena, (char *)block + 1));
    OK(faultline_arena_free(arena, block));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_arena_free(arena, block));
    IS(FAULTLINE_BAD_ARGUMENT, faultline_arena_block_size(arena, block, &size));
    OK(faultline_arena_destroy(arena));
    IS(FAULTLINE_BAD_HANDLE, faultline_arena_destroy(arena));
}

/* A child of this program has the handles, but not the memory of the machine. */
static void test_child(faultline_process *process) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) _exit(faultline_store(process, 0, 1) == FAULTLINE_HOST ? 7 : 8);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(void) {
    CHECK(faultline_last_error()->status == FAULTLINE_OK);
    CHECK(strcmp(faultline_status_name(FAULTLINE_FAULT), "FAULTLINE_FAULT") == 0);
    CHECK(strcmp(faultline_status_name((faultline_status)99), "unknown status") == 0);
    test_options();
    faultline_machine *machine = NULL, *second = NULL;
    faultline_process *process = NULL, *foreign = NULL;
    faultline_window *window = NULL;
    void *base = NULL;
    uint64_t address = 0;
    OK(faultline_machine_create(NULL, &machine));
    OK(faultline_machine_create(NULL, &second));
    OK(faultline_spawn(machine, &process));
    OK(faultline_spawn(second, &foreign));
    OK(faultline_mmap(process, 0, 1 << 20, 3, 0x22, -1, 0, &address));
    OK(faultline_window_open(process, address, 1 << 20, NULL, &window, &base));
    test_handles(machine, process, window);
    test_windows(machine, process, window, address);
    test_child(process);
    int calls = 0;
    OK(faultline_window_run(window, body, &calls));
    CHECK(calls == 1);
    /* What was on a machine goes with it, and what was on another one stays. */
    OK(faultline_machine_destroy(machine));
    IS(FAULTLINE_BAD_HANDLE, faultline_machine_destroy(machine));
    IS(FAULTLINE_BAD_HANDLE, faultline_exit(process));
    IS(FAULTLINE_BAD_HANDLE, faultline_window_run(window, body, &calls));
    IS(FAULTLINE_BAD_HANDLE, faultline_window_close(window));
    OK(faultline_exit(foreign));
    OK(faultline_machine_destroy(second));
    printf("misuse: all is well\n");
    return 0;
}
