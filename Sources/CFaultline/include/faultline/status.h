/* Status and errors. Part of faultline.h. */
#ifndef FAULTLINE_STATUS_H
#define FAULTLINE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum faultline_status {
    FAULTLINE_OK = 0,
    FAULTLINE_BAD_HANDLE = 1,   /* NULL, closed, or of another kind */
    FAULTLINE_BAD_ARGUMENT = 2, /* a NULL result, a struct of unknown size, a setting that is not known; the message says which */
    FAULTLINE_ERRNO = 3,        /* the simulated kernel refused the call; error_number says with which errno */
    FAULTLINE_FAULT = 4,        /* a simulated access ended in a signal: signal, signal_code, address */
    FAULTLINE_HOST = 5,         /* this computer refused: memory, mappings; error_number has its errno where there is one */
    FAULTLINE_ENDED = 6,        /* the process of a window has ended, or runs another program */
    FAULTLINE_FULL = 7          /* an arena has no room for the block */
} faultline_status;

typedef struct faultline_error {
    faultline_status status;
    int32_t error_number;    /* of Linux; 0 where there is none */
    int32_t signal;          /* SIGSEGV 11, SIGBUS 7, SIGILL 4, SIGKILL 9; 0 for none */
    int32_t signal_code;     /* si_code: SEGV_MAPERR 1, SEGV_ACCERR 2, SEGV_PKUERR 4, BUS_ADRERR 2; 0 for SI_USER and SI_KERNEL */
    uint64_t address;        /* of the access that was refused, a simulated address */
    char message[1024];      /* what was wrong, with the rule that refused and its figures; one line of English */
} faultline_error;

/* The error of the last call of this thread that failed; valid until its next call. Never NULL. */
const faultline_error *faultline_last_error(void);

/* Such as "FAULTLINE_ERRNO"; "unknown status" for what is none. Never NULL. */
const char *faultline_status_name(faultline_status status);

/* Gives back a text. NULL is allowed. */
void faultline_free(void *text);

#ifdef __cplusplus
}
#endif

#endif
