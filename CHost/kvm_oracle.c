// One virtual CPU in long mode over simulated RAM, through /dev/kvm. See kvm_oracle.h, and kvm_oracle_guest.c for what
// the virtual CPU runs; kvm_oracle_create.c makes it. Elsewhere than on x86-64 Linux, kvm_oracle_absent.c stands in.
#include "kvm_oracle.h"

#if defined(__x86_64__) && defined(__linux__) && __has_include(<linux/kvm.h>)

#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kvm_oracle_guest.h"
#include "kvm_oracle_internal.h"
#include "pte.h"

#define CR0_PE (1u << 0)
#define CR0_ET (1u << 4)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define CR4_OSFXSR (1u << 9)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)
#define CR4_PKE (1u << 22)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)
#define RFLAGS_FIXED (1u << 1)
#define RFLAGS_AC (1u << 18)

// The value of CR2 before an access, so that a stale one is never taken for the access's own.
#define CR2_POISON 0x0000dead0000deadull

static struct kvm_segment segment(uint16_t selector, uint8_t type, uint8_t dpl, bool code) {
    return (struct kvm_segment){.limit = 0xffffffff, .selector = selector, .type = type, .present = 1,
                                .dpl = dpl, .db = !code, .s = 1, .l = code, .g = 1};
}

static fl_oracle_status load_special_registers(fl_oracle *o, uint64_t root_pfn, bool user) {
    const fl_oracle_controls *c = &o->controls;
    struct kvm_sregs s = o->reset;
    s.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG | (c->wp ? CR0_WP : 0);
    s.cr2 = CR2_POISON;
    s.cr3 = root_pfn << FL_PAGE_SHIFT;
    s.cr4 = CR4_PAE | CR4_OSFXSR | (c->smep ? CR4_SMEP : 0) | (c->smap ? CR4_SMAP : 0) | (c->pke ? CR4_PKE : 0);
    s.efer = EFER_LME | EFER_LMA | (c->nxe ? EFER_NXE : 0);
    s.cs = segment(user ? FL_GUEST_CS_USER : FL_GUEST_CS_KERNEL, 11, user ? 3 : 0, true);
    s.ss = s.ds = s.es = s.fs = s.gs = segment(user ? FL_GUEST_DS_USER : FL_GUEST_DS_KERNEL, 3, user ? 3 : 0, false);
    s.gdt.base = FL_GUEST_V_GDT;
    s.gdt.limit = FL_GUEST_GDT_LIMIT;
    s.idt.base = FL_GUEST_V_IDT;
    s.idt.limit = FL_GUEST_VECTORS * 16 - 1;
    s.tr = (struct kvm_segment){
        .base = FL_GUEST_V_TSS, .limit = 0x67, .selector = FL_GUEST_TR, .type = 11, .present = 1};
    s.ldt = (struct kvm_segment){.unusable = 1, .type = 2};
    return ioctl(o->cpu, KVM_SET_SREGS, &s) ? fl_oracle_refuse(o, "KVM_SET_SREGS") : FL_ORACLE_OK;
}

// What the halted virtual CPU tells: where it halted, and what the exception, if there was one, pushed.
static fl_oracle_outcome read_halt(const fl_oracle *o, const struct kvm_regs *r, const struct kvm_sregs *s) {
    fl_oracle_outcome out = {.end = FL_ORACLE_DONE, .exit_reason = KVM_EXIT_HLT, .loaded = (uint8_t)r->rax};
    uint64_t halt = r->rip - 1; // RIP is past the one-byte HLT
    if (halt - FL_GUEST_V_HANDLERS >= FL_GUEST_VECTORS * FL_GUEST_HANDLER_BYTES) return out;
    out.end = FL_ORACLE_EXCEPTION;
    out.vector = (uint8_t)((halt - FL_GUEST_V_HANDLERS) / FL_GUEST_HANDLER_BYTES);
    out.cr2 = s->cr2;
    // From the top of the stack down: SS, RSP, RFLAGS, CS, RIP and, for some vectors, the error code.
    bool coded = out.vector == FL_VECTOR_DF || out.vector == FL_VECTOR_AC ||
                 (out.vector >= FL_VECTOR_TS && out.vector <= FL_VECTOR_PF);
    if (coded) {
        uint64_t error_code;
        const uint8_t *top = (const uint8_t *)fl_ram_frame(&o->ram, o->first_pfn + FL_GUEST_STACK) + FL_PAGE_SIZE;
        memcpy(&error_code, top - 6 * 8, sizeof error_code);
        out.error_code = (uint32_t)error_code;
    }
    return out;
}

// Ends an access that nothing answered: what runs next would get its result.
static fl_oracle_status end_mmio(fl_oracle *o) {
    struct kvm_run *run = o->run;
    run->immediate_exit = 1;
    int result = ioctl(o->cpu, KVM_RUN, 0);
    run->immediate_exit = 0;
    return result && errno != EINTR ? fl_oracle_refuse(o, "KVM_RUN") : FL_ORACLE_OK;
}

// Runs one snippet, and reads what stopped it.
static fl_oracle_status run_snippet(fl_oracle *o, const fl_oracle_access *a, unsigned snippet, uint64_t rax,
                                    fl_oracle_outcome *out) {
    fl_oracle_status status = load_special_registers(o, a->root_pfn, a->user);
    if (status != FL_ORACLE_OK) return status;
    uint64_t code = a->user ? FL_GUEST_V_USER_CODE : FL_GUEST_V_KERNEL_CODE;
    struct kvm_regs r = {
        .rax = rax,
        .rdi = a->address,
        .rsp = FL_GUEST_V_STACK_TOP,
        .rip = code + snippet * FL_GUEST_SNIPPET_BYTES,
        .rflags = RFLAGS_FIXED | (o->controls.ac ? RFLAGS_AC : 0),
    };
    if (ioctl(o->cpu, KVM_SET_REGS, &r)) return fl_oracle_refuse(o, "KVM_SET_REGS");
    while (ioctl(o->cpu, KVM_RUN, 0))
        if (errno != EINTR && errno != EAGAIN) return fl_oracle_refuse(o, "KVM_RUN");
    struct kvm_sregs s;
    if (ioctl(o->cpu, KVM_GET_SREGS, &s)) return fl_oracle_refuse(o, "KVM_GET_SREGS");
    if (ioctl(o->cpu, KVM_GET_REGS, &r)) return fl_oracle_refuse(o, "KVM_GET_REGS");
    const struct kvm_run *run = o->run;
    if (run->exit_reason == KVM_EXIT_HLT) {
        *out = read_halt(o, &r, &s);
    } else if (run->exit_reason == KVM_EXIT_MMIO) {
        *out = (fl_oracle_outcome){
            .end = FL_ORACLE_MMIO, .exit_reason = run->exit_reason, .physical = run->mmio.phys_addr};
        return end_mmio(o);
    } else {
        uint64_t detail = run->exit_reason == KVM_EXIT_INTERNAL_ERROR ? run->internal.suberror : r.rip;
        *out = (fl_oracle_outcome){.end = FL_ORACLE_LOST, .exit_reason = run->exit_reason, .detail = detail};
    }
    return FL_ORACLE_OK;
}

// A user snippet ends with INT3: the handler of #BP is its success.
static bool is_user_success(const fl_oracle_outcome *out) {
    return out->end == FL_ORACLE_EXCEPTION && out->vector == FL_VECTOR_BP;
}

// Loads PKRU where the controls need it. WRPKRU is not privileged, so the user snippet does for both levels.
static fl_oracle_status load_pkru(fl_oracle *o, uint32_t root_pfn) {
    if (!o->controls.pke || (o->pkru_loaded && o->loaded_pkru == o->controls.pkru)) return FL_ORACLE_OK;
    fl_oracle_access a = {.root_pfn = root_pfn, .user = true};
    fl_oracle_outcome out;
    fl_oracle_status status = run_snippet(o, &a, FL_GUEST_SNIPPET_WRPKRU, o->controls.pkru, &out);
    if (status != FL_ORACLE_OK) return status;
    if (!is_user_success(&out)) {
        snprintf(o->error, sizeof o->error, "WRPKRU: this virtual hardware does not have it");
        return FL_ORACLE_REFUSED;
    }
    o->pkru_loaded = true;
    o->loaded_pkru = o->controls.pkru;
    return FL_ORACLE_OK;
}

fl_oracle_status fl_oracle_forget(fl_oracle *o) {
    if (fl_oracle_set_slot(o, 0) || fl_oracle_set_slot(o, o->ram.bytes))
        return fl_oracle_refuse(o, "KVM_SET_USER_MEMORY_REGION");
    return FL_ORACLE_OK;
}

// MOV to CR3 by the guest itself, where the controls were set since the last access.
static fl_oracle_status flush(fl_oracle *o, uint32_t root_pfn) {
    if (!o->flush_wanted) return FL_ORACLE_OK;
    if (o->features.keeps_nx_pages && o->controls.nxe != o->last_nxe) {
        fl_oracle_status forgotten = fl_oracle_forget(o);
        if (forgotten != FL_ORACLE_OK) return forgotten;
    }
    fl_oracle_access a = {.root_pfn = root_pfn, .address = (uint64_t)root_pfn << FL_PAGE_SHIFT};
    fl_oracle_outcome out;
    fl_oracle_status status = run_snippet(o, &a, FL_GUEST_SNIPPET_MOV_CR3, 0, &out);
    if (status != FL_ORACLE_OK) return status;
    if (out.end != FL_ORACLE_DONE) {
        snprintf(o->error, sizeof o->error, "MOV to CR3: the virtual CPU did not complete it");
        return FL_ORACLE_REFUSED;
    }
    o->flush_wanted = false;
    o->last_nxe = o->controls.nxe;
    return FL_ORACLE_OK;
}

fl_oracle_status fl_oracle_run(fl_oracle *o, const fl_oracle_access *a, fl_oracle_outcome *out) {
    if (a->root_pfn >= o->ram.frames) return FL_ORACLE_BAD_FRAME;
    bool canonical = (uint64_t)((int64_t)(a->address << 16) >> 16) == a->address;
    if (canonical && (a->address >> 39 & 511) == FL_ORACLE_PML4_SLOT) return FL_ORACLE_BAD_ACCESS;
    fl_oracle_status status = load_pkru(o, a->root_pfn);
    if (status == FL_ORACLE_OK) status = flush(o, a->root_pfn);
    if (status != FL_ORACLE_OK) return status;
    status = run_snippet(o, a, a->kind, a->store, out);
    if (status == FL_ORACLE_OK && a->user && is_user_success(out)) out->end = FL_ORACLE_DONE;
    return status;
}

void fl_oracle_set_controls(fl_oracle *o, const fl_oracle_controls *controls) {
    o->controls = *controls;
    o->flush_wanted = true;
}

fl_oracle_status fl_oracle_link(fl_oracle *o, uint64_t root_pfn) {
    if (root_pfn >= o->ram.frames) return FL_ORACLE_BAD_FRAME;
    fl_guest_link(&o->ram, o->first_pfn, root_pfn);
    return FL_ORACLE_OK;
}

#endif
