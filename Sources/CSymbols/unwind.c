// Call chains of code that is stopped in another address space: by libdw with the unwind information of the files, else by frame pointers.
#include "symbolizer.h"

#include <stdlib.h>

#define RBP 6
#define RSP 7
#define RIP 16

static bool is_known(const fl_stopped_code *code, unsigned number) { return code->known >> number & 1; }

static bool push(fl_callers *callers, uint64_t address, bool guessed) {
    if (callers->count == FL_CALLERS_MAX) {
        callers->is_cut = true;
        return false;
    }
    callers->addresses[callers->count] = address;
    callers->guessed[callers->count++] = guessed;
    return true;
}

// Functions that keep no frame pointer are missing.
static void follow_pointers(const fl_stopped_code *code, fl_callers *callers) {
    callers->is_broken = true;
    if (!push(callers, code->registers[RIP] - (code->is_behind_call ? 1 : 0), false)) return;
    uint64_t pointer = code->registers[RBP], low = code->registers[RSP], next, address;
    while (is_known(code, RBP) && pointer >= low && pointer % 8 == 0) {
        if (!code->read(code->context, pointer, &next) || !code->read(code->context, pointer + 8, &address)) return;
        if (address == 0 || !push(callers, address - 1, true)) return;
        low = pointer + 16;
        pointer = next;
    }
}

#ifdef FL_WITH_LIBDW

static pid_t next_thread(Dwfl *dwfl, void *symbolizer, void **thread) {
    (void)dwfl;
    if (*thread) return 0;
    *thread = symbolizer;
    return 1;
}

static bool get_thread(Dwfl *dwfl, pid_t number, void *symbolizer, void **thread) {
    (void)dwfl;
    (void)number;
    *thread = symbolizer;
    return true;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word, void *symbolizer) {
    (void)dwfl;
    const fl_stopped_code *code = ((fl_symbolizer *)symbolizer)->code;
    return code->read(code->context, address, word);
}

static bool set_registers(Dwfl_Thread *thread, void *symbolizer) {
    const fl_stopped_code *code = ((fl_symbolizer *)symbolizer)->code;
    for (unsigned i = 0; i < FL_REGISTERS; i++)
        if (is_known(code, i) && !dwfl_thread_state_registers(thread, (int)i, 1, &code->registers[i])) return false;
    dwfl_thread_state_register_pc(thread, code->registers[RIP]);
    return true;
}

static const Dwfl_Thread_Callbacks threads = {
    .next_thread = next_thread, .get_thread = get_thread, .memory_read = read_word, .set_initial_registers = set_registers};

static bool rules_have(Dwarf_CFI *rules, Dwarf_Addr address) {
    Dwarf_Frame *frame = NULL;
    if (!rules || dwarf_cfi_addrframe(rules, address, &frame) != 0) return false;
    free(frame);
    return true;
}

// Where there are none, libdw goes on by the frame pointer and does not say so.
static bool has_rules(fl_symbolizer *symbolizer, uint64_t address) {
    fl_known_code *known = &symbolizer->known[(address * 0x9e3779b97f4a7c15ull) >> 54];
    if (known->address == address) return known->has_rules;
    Dwfl_Module *module = dwfl_addrmodule(symbolizer->dwfl, address);
    Dwarf_Addr bias = 0;
    bool found = false;
    if (module) {
        Dwarf_CFI *rules = dwfl_module_eh_cfi(module, &bias);
        found = rules_have(rules, address - bias);
        if (!found) {
            rules = dwfl_module_dwarf_cfi(module, &bias);
            found = rules_have(rules, address - bias);
        }
    }
    *known = (fl_known_code){.address = address, .has_rules = found};
    return found;
}

static int take_frame(Dwfl_Frame *frame, void *argument) {
    fl_symbolizer *symbolizer = argument;
    fl_callers *callers = symbolizer->callers;
    Dwarf_Addr address;
    bool is_exact = false;
    if (!dwfl_frame_pc(frame, &address, &is_exact)) return DWARF_CB_ABORT;
    if (callers->count == 0) is_exact = !symbolizer->code->is_behind_call;
    if (!is_exact) address--;
    const uint64_t inside = callers->count ? callers->addresses[callers->count - 1] : 0;
    return push(callers, address, inside && !has_rules(symbolizer, inside)) ? DWARF_CB_OK : DWARF_CB_ABORT;
}

static bool attach(fl_symbolizer *symbolizer) {
    if (symbolizer->is_attached) return true;
    if (symbolizer->cannot_attach || !symbolizer->dwfl) return false;
    symbolizer->is_attached = dwfl_attach_state(symbolizer->dwfl, NULL, 1, &threads, symbolizer);
    symbolizer->cannot_attach = !symbolizer->is_attached;
    return symbolizer->is_attached;
}

void fl_symbolizer_unwind(fl_symbolizer *symbolizer, const fl_stopped_code *code, fl_callers *callers) {
    callers->count = 0;
    callers->is_cut = callers->is_broken = false;
    symbolizer->code = code;
    symbolizer->callers = callers;
    const int result = attach(symbolizer) ? dwfl_getthread_frames(symbolizer->dwfl, 1, take_frame, symbolizer) : -1;
    if (callers->count == 0) follow_pointers(code, callers);
    else if (result < 0) callers->is_broken = true;
    symbolizer->code = NULL;
    symbolizer->callers = NULL;
}

#else

void fl_symbolizer_unwind(fl_symbolizer *symbolizer, const fl_stopped_code *code, fl_callers *callers) {
    (void)symbolizer;
    callers->count = 0;
    callers->is_cut = callers->is_broken = false;
    follow_pointers(code, callers);
}

#endif
