#define _GNU_SOURCE
#include "CLineEditor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FL_WITH_LIBEDIT
#include <editline/readline.h>

typedef struct words {
    char **list;
    size_t count;
} words;

static words completions[2];

static void replace(words *w, const char *const *list, size_t count) {
    for (size_t i = 0; i < w->count; i++) free(w->list[i]);
    free(w->list);
    *w = (words){calloc(count ? count : 1, sizeof *w->list), 0};
    for (size_t i = 0; w->list && i < count; i++) {
        char *copy = strdup(list[i]);
        if (copy) w->list[w->count++] = copy;
    }
}

// The next word that begins with the text; libedit frees it.
static char *next_word(const words *w, const char *text, int state) {
    static size_t place;
    if (state == 0) place = 0;
    while (place < w->count) {
        const char *word = w->list[place++];
        if (strncmp(word, text, strlen(text)) == 0) return strdup(word);
    }
    return NULL;
}

static char *first_word(const char *text, int state) { return next_word(&completions[0], text, state); }
static char *other_word(const char *text, int state) { return next_word(&completions[1], text, state); }

static char **complete(const char *text, int start, int end) {
    (void)end;
    // File names are no words of the shell.
    rl_attempted_completion_over = 1;
    // The words have their own space behind them where one belongs there.
    rl_completion_append_character = 0;
    return rl_completion_matches(text, start == 0 ? first_word : other_word);
}

char *fl_line_read(const char *prompt) {
    rl_attempted_completion_function = complete;
    char *line = readline(prompt);
    if (line && *line) add_history(line);
    return line;
}

void fl_line_set_words(const char *const *first, size_t first_count, const char *const *others, size_t other_count) {
    replace(&completions[0], first, first_count);
    replace(&completions[1], others, other_count);
}

void fl_line_load_history(const char *path) {
    using_history();
    (void)read_history(path);
}

bool fl_line_save_history(const char *path, int limit) {
    stifle_history(limit);
    return write_history(path) == 0;
}

#else

char *fl_line_read(const char *prompt) {
    fputs(prompt, stdout);
    fflush(stdout);
    char *line = NULL;
    size_t size = 0;
    ssize_t count = getline(&line, &size, stdin);
    if (count < 0) {
        free(line);
        return NULL;
    }
    if (count > 0 && line[count - 1] == '\n') line[count - 1] = 0;
    return line;
}

void fl_line_set_words(const char *const *first, size_t first_count, const char *const *others, size_t other_count) {
    (void)first, (void)first_count, (void)others, (void)other_count;
}

void fl_line_load_history(const char *path) { (void)path; }

bool fl_line_save_history(const char *path, int limit) {
    (void)path, (void)limit;
    return true;
}

#endif
