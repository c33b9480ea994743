/* husk-init, embedded: rt_init_blob .. rt_init_blob_end. */
	.section .rodata
	.global rt_init_blob
	.global rt_init_blob_end
	.hidden rt_init_blob
	.hidden rt_init_blob_end
	.balign 16
rt_init_blob:
	.incbin INIT_PATH
rt_init_blob_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
