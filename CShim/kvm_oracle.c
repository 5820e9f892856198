// One virtual CPU in long mode over simulated RAM, through /dev/kvm. See kvm_oracle.h, and kvm_oracle_guest.c for what
// the virtual CPU runs. Elsewhere than on x86-64 Linux, kvm_oracle_absent.c stands in.
#include "kvm_oracle.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__) && __has_include(<linux/kvm.h>)

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kvm_oracle_guest.h"
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

struct fl_oracle {
    fl_ram ram;
    uint64_t first_pfn;
    int device, machine, cpu;
    struct kvm_run *run;
    size_t run_bytes;
    struct kvm_sregs reset; // the special registers as KVM made them
    fl_oracle_controls controls;
    bool pkru_loaded;     // whether the guest's PKRU was ever loaded ...
    uint32_t loaded_pkru; // ... and with what
    bool flush_wanted;    // the controls changed since the last access ...
    bool last_nxe;        // ... which was made with this EFER.NXE
    uint64_t unusable_slots[512 / 64];
    fl_oracle_features features;
    char error[96];
};

static fl_oracle_status refuse(fl_oracle *o, const char *what) {
    snprintf(o->error, sizeof o->error, "%s: %s", what, strerror(errno));
    return FL_ORACLE_REFUSED;
}

static int set_slot(fl_oracle *o, uint64_t bytes) {
    struct kvm_userspace_memory_region region = {
        .slot = 0, .guest_phys_addr = 0, .memory_size = bytes, .userspace_addr = (uint64_t)(uintptr_t)o->ram.base};
    return ioctl(o->machine, KVM_SET_USER_MEMORY_REGION, &region);
}

// Passes the host's CPUID on to the guest and reads the features out of it.
static fl_oracle_status set_cpuid(fl_oracle *o) {
    enum { ENTRIES = 256 };
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + ENTRIES * sizeof(struct kvm_cpuid_entry2));
    if (!cpuid) return refuse(o, "calloc");
    cpuid->nent = ENTRIES;
    fl_oracle_status status = FL_ORACLE_OK;
    if (ioctl(o->device, KVM_GET_SUPPORTED_CPUID, cpuid)) status = refuse(o, "KVM_GET_SUPPORTED_CPUID");
    fl_oracle_features *f = &o->features;
    for (unsigned i = 0; status == FL_ORACLE_OK && i < cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
        if (e->function == 0) {
            memcpy(f->vendor, &e->ebx, 4);
            memcpy(f->vendor + 4, &e->edx, 4);
            memcpy(f->vendor + 8, &e->ecx, 4);
        } else if (e->function == 1) {
            f->cpuid_pcid = e->ecx >> 17 & 1;
        } else if (e->function == 7 && e->index == 0) {
            f->cpuid_smep = e->ebx >> 7 & 1;
            f->cpuid_invpcid = e->ebx >> 10 & 1;
            f->cpuid_smap = e->ebx >> 20 & 1;
            f->cpuid_pku = e->ecx >> 3 & 1;
            f->cpuid_la57 = e->ecx >> 16 & 1;
        } else if (e->function == 0x80000001) {
            f->cpuid_nx = e->edx >> 20 & 1;
            f->cpuid_gbpages = e->edx >> 26 & 1;
        } else if (e->function == 0x80000008) {
            f->physical_bits = e->eax & 0xff;
            f->linear_bits = e->eax >> 8 & 0xff;
        }
    }
    if (status == FL_ORACLE_OK && ioctl(o->cpu, KVM_SET_CPUID2, cpuid)) status = refuse(o, "KVM_SET_CPUID2");
    free(cpuid);
    return status;
}

static fl_oracle_status open_machine(fl_oracle *o) {
    o->device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (o->device < 0) return FL_ORACLE_NO_KVM;
    if ((o->machine = ioctl(o->device, KVM_CREATE_VM, 0)) < 0) return refuse(o, "KVM_CREATE_VM");
    if (set_slot(o, o->ram.bytes)) return refuse(o, "KVM_SET_USER_MEMORY_REGION");
    if ((o->cpu = ioctl(o->machine, KVM_CREATE_VCPU, 0)) < 0) return refuse(o, "KVM_CREATE_VCPU");
    int bytes = ioctl(o->device, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < (int)sizeof(struct kvm_run)) return refuse(o, "KVM_GET_VCPU_MMAP_SIZE");
    void *run = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, o->cpu, 0);
    if (run == MAP_FAILED) return refuse(o, "mmap of the vCPU");
    o->run = run;
    o->run_bytes = (size_t)bytes;
    fl_oracle_status status = set_cpuid(o);
    if (status != FL_ORACLE_OK) return status;
    if (ioctl(o->cpu, KVM_GET_SREGS, &o->reset)) return refuse(o, "KVM_GET_SREGS");
    return FL_ORACLE_OK;
}

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
    return ioctl(o->cpu, KVM_SET_SREGS, &s) ? refuse(o, "KVM_SET_SREGS") : FL_ORACLE_OK;
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
    if (ioctl(o->cpu, KVM_SET_REGS, &r)) return refuse(o, "KVM_SET_REGS");
    while (ioctl(o->cpu, KVM_RUN, 0))
        if (errno != EINTR && errno != EAGAIN) return refuse(o, "KVM_RUN");
    struct kvm_sregs s;
    if (ioctl(o->cpu, KVM_GET_SREGS, &s)) return refuse(o, "KVM_GET_SREGS");
    if (ioctl(o->cpu, KVM_GET_REGS, &r)) return refuse(o, "KVM_GET_REGS");
    const struct kvm_run *run = o->run;
    if (run->exit_reason == KVM_EXIT_HLT) {
        *out = read_halt(o, &r, &s);
    } else if (run->exit_reason == KVM_EXIT_MMIO) {
        *out = (fl_oracle_outcome){
            .end = FL_ORACLE_MMIO, .exit_reason = run->exit_reason, .physical = run->mmio.phys_addr};
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
    if (set_slot(o, 0) || set_slot(o, o->ram.bytes)) return refuse(o, "KVM_SET_USER_MEMORY_REGION");
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

// Whether the access to the probe tree ends as expected: in a #PF of that error code, or, if negative, in success.
static bool probe(fl_oracle *o, fl_oracle_controls controls, fl_oracle_access access, int expected) {
    fl_oracle_outcome out;
    access.root_pfn = (uint32_t)(o->first_pfn + FL_GUEST_PROBE_ROOT);
    fl_oracle_set_controls(o, &controls);
    if (fl_oracle_run(o, &access, &out) != FL_ORACLE_OK) return false;
    if (expected < 0) return out.end == FL_ORACLE_DONE;
    return out.end == FL_ORACLE_EXCEPTION && out.vector == FL_VECTOR_PF && out.error_code == (uint32_t)expected;
}

// What the virtual hardware enforces, by trial: CPUID says too much on some virtual machines and too little on others.
static void probe_features(fl_oracle *o) {
    enum { P = 1, U = 4, RSVD = 8, I = 16, PK = 32 };
    fl_oracle_features *f = &o->features;
    const fl_oracle_access fetch = {.address = FL_PROBE_PLAIN, .kind = FL_ORACLE_EXECUTE};
    const fl_oracle_access fetch_nx = {.address = FL_PROBE_NX, .kind = FL_ORACLE_EXECUTE};
    const fl_oracle_access read_nx = {.address = FL_PROBE_NX, .user = true};
    const fl_oracle_access read = {.address = FL_PROBE_PLAIN};
    const fl_oracle_access read_key = {.address = FL_PROBE_KEY1, .user = true};
    const fl_oracle_access read_huge = {.address = FL_PROBE_GIGABYTE + (o->first_pfn << FL_PAGE_SHIFT)};
    f->enforces_nx = probe(o, (fl_oracle_controls){.nxe = true}, fetch_nx, P | I);
    f->enforces_smep = probe(o, (fl_oracle_controls){.smep = true}, fetch, P | I);
    f->enforces_smap = probe(o, (fl_oracle_controls){.smap = true}, read, P);
    f->enforces_pku = probe(o, (fl_oracle_controls){.pke = true, .pkru = 1u << 2}, read_key, P | U | PK);
    f->enforces_gbpages = probe(o, (fl_oracle_controls){.nxe = true}, read_huge, -1);
    f->keeps_nx_pages = probe(o, (fl_oracle_controls){.nxe = true}, read_nx, -1) &&
                        !probe(o, (fl_oracle_controls){.nxe = false}, read_nx, P | U | RSVD);
}

// Tries each PML4 slot, at both levels of privilege.
static void probe_slots(fl_oracle *o) {
    for (unsigned slot = 0; slot < 512; slot++) {
        uint64_t address = (uint64_t)((int64_t)((uint64_t)slot << 55) >> 16) + FL_PROBE_PLAIN;
        bool usable = slot != FL_ORACLE_PML4_SLOT;
        for (unsigned user = 0; user < 2 && usable; user++)
            usable = probe(o, (fl_oracle_controls){.nxe = true}, (fl_oracle_access){.address = address, .user = user}, -1);
        if (!usable) o->unusable_slots[slot / 64] |= 1ull << slot % 64;
    }
}

bool fl_oracle_available(void) {
    int device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (device < 0) return false;
    close(device);
    return true;
}

fl_oracle_status fl_oracle_create(fl_oracle **oracle, const fl_ram *ram, uint64_t first_pfn) {
    *oracle = NULL;
    if (ram->frames < FL_ORACLE_FRAMES || first_pfn > ram->frames - FL_ORACLE_FRAMES) return FL_ORACLE_BAD_FRAME;
    fl_oracle *o = calloc(1, sizeof *o);
    if (!o) return FL_ORACLE_REFUSED;
    *o = (fl_oracle){.ram = *ram, .first_pfn = first_pfn, .device = -1, .machine = -1, .cpu = -1};
    *oracle = o;
    fl_oracle_status status = open_machine(o);
    if (status != FL_ORACLE_OK) return status;
    fl_guest_write(&o->ram, first_pfn);
    probe_features(o);
    probe_slots(o);
    fl_oracle_set_controls(o, &(fl_oracle_controls){.wp = true, .nxe = true});
    o->error[0] = 0;
    return FL_ORACLE_OK;
}

void fl_oracle_destroy(fl_oracle *o) {
    if (!o) return;
    if (o->run) munmap(o->run, o->run_bytes);
    if (o->cpu >= 0) close(o->cpu);
    if (o->machine >= 0) close(o->machine);
    if (o->device >= 0) close(o->device);
    free(o);
}

fl_oracle_features fl_oracle_get_features(const fl_oracle *o) { return o->features; }

bool fl_oracle_is_usable_slot(const fl_oracle *o, uint32_t slot) {
    return slot < 512 && !(o->unusable_slots[slot / 64] >> slot % 64 & 1);
}

const char *fl_oracle_error(const fl_oracle *o) { return o->error; }

#endif
