// The containers of the C++ library in simulated memory: a std::pmr::memory_resource on an arena.
//
//     c++ -std=c++17 -g pmr.cpp $(pkg-config --cflags --libs faultline) -o pmr && ./pmr
#include <faultline.h>

#include <cstdio>
#include <map>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

static void check(faultline_status status) {
    if (status == FAULTLINE_FULL) throw std::bad_alloc();
    if (status != FAULTLINE_OK) throw std::runtime_error(faultline_last_error()->message);
}

// Memory of a simulated process, for every container that takes an allocator.
class SimulatedMemory final : public std::pmr::memory_resource {
public:
    SimulatedMemory(faultline_process *process, std::uint64_t length) {
        void *base;
        std::uint64_t start;
        check(faultline_mmap(process, 0, length, FAULTLINE_PROT_READ | FAULTLINE_PROT_WRITE,
                             FAULTLINE_MAP_PRIVATE | FAULTLINE_MAP_ANONYMOUS, -1, 0, &start));
        check(faultline_window_open(process, start, length, nullptr, &window, &base));
        check(faultline_arena_create(window, start, length, &arena));
    }
    ~SimulatedMemory() override {
        faultline_arena_destroy(arena);
        faultline_window_close(window);
    }
    SimulatedMemory(const SimulatedMemory &) = delete;
    SimulatedMemory &operator=(const SimulatedMemory &) = delete;

    // Gives back the pages that no container uses any more.
    std::uint64_t trim() {
        std::uint64_t pages;
        check(faultline_arena_trim(arena, &pages));
        return pages;
    }

private:
    faultline_window *window = nullptr;
    faultline_arena *arena = nullptr;

    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        void *block;
        check(faultline_arena_allocate(arena, bytes, alignment, &block));
        return block;
    }
    void do_deallocate(void *block, std::size_t, std::size_t) override { check(faultline_arena_free(arena, block)); }
    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }
};

static void report(const char *when, faultline_process *process) {
    faultline_figures figures = FAULTLINE_FIGURES_INIT;
    check(faultline_process_figures(process, &figures));
    std::printf("%-28s minor faults %5llu, anonymous memory %5llu KiB\n", when,
                static_cast<unsigned long long>(figures.minor_faults),
                static_cast<unsigned long long>(figures.anonymous_kib));
}

int main() try {
    faultline_machine *machine;
    faultline_process *process;
    check(faultline_machine_create(nullptr, &machine));
    check(faultline_spawn(machine, &process));
    {
        SimulatedMemory memory(process, 64u << 20);
        report("at the start", process);

        std::pmr::vector<int> numbers(&memory);
        numbers.reserve(1u << 20);
        report("reserved 4 MiB", process);
        for (int i = 0; i < 1 << 20; i++) numbers.push_back(i);
        report("filled 4 MiB", process);

        std::pmr::map<int, std::pmr::string> words(&memory);
        for (int i = 0; i < 10000; i++) words.emplace(i, "a word that is too long for the string itself");
        report("a map of 10,000 words", process);
        std::printf("words[4711] = %s\n", words.at(4711).c_str());
        words.clear();
        std::printf("trimmed %s\n", memory.trim() > 0 ? "some pages" : "nothing");
        report("without the words", process);
    }
    check(faultline_machine_destroy(machine));
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
