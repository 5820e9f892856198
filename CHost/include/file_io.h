// Whether the disk is at work for a file.
#ifndef FAULTLINE_FILE_IO_H
#define FAULTLINE_FILE_IO_H

// 1 while pages of the file are being read or written; 0 where none are, or where the kernel does not say.
int fl_file_is_busy(int fd);

#endif
